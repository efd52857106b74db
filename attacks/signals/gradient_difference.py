"""Gradient difference: taking a member's own step out of the update makes it shorter (Li et al., ICLR 2023).

With u the update, g the gradient of the record's loss at the global state and s the length of its step, the score is
||u||^2 - ||u + s g||^2 = 2 s <u, -g> - s^2 ||g||^2.

The paper's u is one gradient step, where s is known. Over several local steps it is not, so each update gives its own:
if half of the candidates c took the step -s g_c, then u is near s G / 2 with G the sum of all -g_c, and least squares
gives s = 2 <u, G> / ||G||^2. That fit is taken here and is not the paper's.
"""

from attacks.game.view import View
from attacks.signals.base import Scores, Signal


def observe(view: View) -> Scores:
    """Return by how much each update's squared length shrinks without each candidate's step."""
    products = view.descents.products.sum(dim=-1)
    step = 2 * products.sum(dim=1, keepdim=True) / view.descents.square_of_sum
    scores: Scores = (2 * step * products - step**2 * view.descents.squares).numpy()
    return scores


GRADIENT_DIFFERENCE = Signal("gradient-difference", observe)
