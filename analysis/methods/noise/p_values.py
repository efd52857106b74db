"""P-values of fits: shown because readers ask for them, and of little use on millions of errors."""

import numpy as np
import scipy
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.stats import rv_continuous

from fedsz_privacy.core.randomness import Purpose, generator

SUBSAMPLE = 500
REPETITIONS = 199
TESTED = {"uniform": scipy.stats.uniform, "laplace": scipy.stats.laplace, "normal": scipy.stats.norm}
"""Families whose fit has a closed form, so that hundreds of refits cost little."""


def monte_carlo_p_values(errors: NDArray[np.float64], seed: int) -> dict[str, float]:
    """Return each family's p-value on a random subsample, by parametric Monte Carlo of the fitted KS distance.

    The test fits the family, draws as many errors from the fit `REPETITIONS` times, and refits each draw
    (`scipy.stats.goodness_of_fit`). The smallest p-value that can come out is 1 / (1 + REPETITIONS). It says whether
    `SUBSAMPLE` errors suffice to reject a family, not how far off the family is; the distances say that.
    """
    rng = generator(seed, Purpose.BOOTSTRAP, 1)
    chosen = rng.choice(errors, min(SUBSAMPLE, errors.size), replace=False)
    with np.errstate(invalid="ignore"):  # errors that are all alike fit no width, and every family is rejected
        return {name: _p_value(distribution, chosen, rng) for name, distribution in TESTED.items()}


def _p_value(distribution: rv_continuous, errors: NDArray[np.float64], rng: Generator) -> float:
    found = scipy.stats.goodness_of_fit(distribution, errors, statistic="ks", n_mc_samples=REPETITIONS, rng=rng)
    return float(found.pvalue)
