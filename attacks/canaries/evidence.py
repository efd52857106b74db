r"""What an adversary who sees every step makes of how far each goes along a canary.

The noisy sum of a step of DP-SGD, along a canary's direction and in clip norms, is :math:`y = b + \sigma z` with b = 1
where the canary was drawn, which its coin allows with probability q, and z standard normal: what the other records add
is left out, as the adversary may know it, and little of it lies along one direction of many.
"""

import numpy as np
from numpy.typing import NDArray

from attacks.signals.base import Scores
from fedsz_privacy.training.dpsgd import DPTraining
from fedsz_privacy.training.rule import SteppedRule

Steps = NDArray[np.float64]
"""How far the gradients of each step go along each canary, shape (trials, steps, canaries)."""


def add_up_evidence(base: SteppedRule, steps: Steps) -> Scores:
    r"""Return the log-likelihood ratio of membership of all steps together, shape (trials, canaries).

    .. math:: \sum_t \log\left(1 - q + q \exp\frac{2 y_t - 1}{2\sigma^2}\right)

    It is the most powerful score there is (Neyman and Pearson), and exact for independent steps. Of a rule without
    noise there is no such ratio; what the steps add up to stands for it.
    """
    if not isinstance(base, DPTraining):
        total: Scores = steps.sum(axis=1)
        return total
    return add_up_ratios(steps * base.batch_size / base.clip_norm, base.sampling_rate, base.noise_multiplier)


def add_up_ratios(steps: Steps, sampling_rate: float, noise_multiplier: float) -> Scores:
    """Return that sum of steps in clip norms, for any noisy sum that is sampled."""
    outside = np.log1p(-sampling_rate) if sampling_rate < 1 else -np.inf
    inside = np.log(sampling_rate) + (2 * steps - 1) / (2 * noise_multiplier**2)
    ratios: Scores = np.logaddexp(outside, inside).sum(axis=1)
    return ratios


def variance_of_steps(steps: Steps) -> Scores:
    """Return the variance of the steps along each canary, shape (trials, canaries).

    A member that is drawn at times adds to it. Where noise is fresh in every step that shows little; where one noise is
    used again it shows all.
    """
    variance: Scores = steps.var(axis=1)
    return variance
