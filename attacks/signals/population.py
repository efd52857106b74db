"""Attack P: a threshold of each target's own, set by a population of records (Ye et al., ACM CCS 2022).

The attack calls x a member at level alpha if its loss in the target is below the alpha quantile of the target's losses
on a population. The score is the level at which it flips: the share of the population with a higher loss, equal ones
counting half.

The data: the target's losses on the pool, and nothing else: no other trial, no membership. The paper's population was
never trained on; the other candidates stand in for it here, and half of them were, as the adversary cannot tell which.
Within a trial the order is that of the loss, so only the comparison between trials differs from the loss threshold.
"""

import numpy as np
import scipy
from numpy.typing import NDArray

from attacks.signals import loss
from attacks.signals.base import Scores, Signal


def calibrate(negative_losses: Scores, _: NDArray[np.bool_]) -> Scores:
    """Return the share of the other candidates that have a higher loss in the same target."""
    shares: Scores = (scipy.stats.rankdata(negative_losses, axis=1) - 1) / (negative_losses.shape[1] - 1)
    return shares


ATTACK_P = Signal("attack-p", loss.observe, calibrate, calibrates_alone=True)
