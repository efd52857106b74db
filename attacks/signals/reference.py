"""Attack R: a threshold of each record's own, set by reference models (Ye et al., ACM CCS 2022).

The attack calls x a member at level alpha if its loss in the target is below the alpha quantile of its losses in models
that were not trained on x. The score is the level at which it flips: the share of those models with a higher loss,
equal ones counting half; 1/2 where there is no such model.

The data: the losses of x in the target and in all other trials that left x out. No other record has a part, and what
trials that trained on x show is not used. The score is one of as many values as there are such trials, about half, and
resolves no lower false-positive rate than one in that many.
"""

import numpy as np
from numpy.typing import NDArray

from attacks.signals import loss
from attacks.signals.base import Scores, Signal


def calibrate(negative_losses: Scores, membership: NDArray[np.bool_]) -> Scores:
    """Return the share of the other trials without the candidate in which it has a higher loss than in the target."""
    columns = zip(negative_losses.T, ~membership.T, strict=True)
    return np.stack([_share_below(column, out) for column, out in columns], axis=1)


def _share_below(column: Scores, chosen: NDArray[np.bool_]) -> Scores:
    """Return, for each number of a column, the share of the other chosen numbers below it."""
    shadows = np.sort(column[chosen])
    below = np.searchsorted(shadows, column, "left")
    up_to = np.searchsorted(shadows, column, "right") - chosen
    others = chosen.sum() - chosen
    return np.where(others > 0, (below + up_to) / (2 * np.maximum(others, 1)), 0.5)


ATTACK_R = Signal("attack-r", loss.observe, calibrate)
