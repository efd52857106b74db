"""Gradient cosine: the update points along a member's negative gradient (Li et al., ICLR 2023)."""

from torch.nn.functional import normalize

from attacks.signals.base import Scores, Signal
from attacks.view import View
from fedsz_privacy.state import flatten


def observe(view: View) -> Scores:
    """Return the cosine between each update and each negative gradient at the global state; 0 for a zero update."""
    directions = normalize(flatten(view.updates), dim=1)
    gradients = normalize(view.knowledge.record_gradients, dim=1)
    scores: Scores = (directions @ -gradients.T).double().numpy()
    return scores


COSINE = Signal("cosine", observe)
