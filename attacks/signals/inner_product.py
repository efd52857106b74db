"""Inner product: a member's own step is part of the update (Li et al., ICLR 2023).

With u the update and g the gradient of the record's loss at the global state, the score is <u, -g>. The paper's cosine
attack divides it by both norms; its scale, as here, still tells records with large gradients from others.
"""

from attacks.game.view import View
from attacks.signals.base import Scores, Signal


def observe(view: View) -> Scores:
    """Return the inner product of each update and each negative gradient at the global state."""
    scores: Scores = view.descents.products.sum(dim=-1).numpy()
    return scores


INNER_PRODUCT = Signal("inner-product", observe)
