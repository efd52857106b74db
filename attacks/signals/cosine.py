"""Gradient cosine: the update points along a member's negative gradient (Li et al., ICLR 2023)."""

from attacks.game.view import View
from attacks.signals.base import Scores, Signal
from fedsz_privacy.core.state import flatten


def observe(view: View) -> Scores:
    """Return the cosine between each update and each negative gradient at the global state; 0 for a zero update."""
    trained = {name: view.updates[name] for name in view.knowledge.trained}
    lengths = flatten(trained).cpu().double().norm(dim=1, keepdim=True) * view.descents.squares.sqrt()
    scores: Scores = (view.descents.products.sum(dim=-1) / lengths.where(lengths > 0, 1.0)).numpy()
    return scores


COSINE = Signal("cosine", observe)
