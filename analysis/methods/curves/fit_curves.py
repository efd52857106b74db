"""The delta curves of one tensor's error, by fitted distributions and by histogram, were it independent of the data."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from dp_accounting.pld.privacy_loss_distribution import PrivacyLossDistribution
from numpy.typing import NDArray

from analysis.methods.curves.delta_curves import (
    connect_the_dots,
    distribution_masses,
    histogram_masses,
    optimistic_losses,
    pessimistic_losses,
)
from analysis.methods.noise.noise_fit import NoiseFit

EPSILONS = np.linspace(0, 4, 81)
SHIFT = 0.5
"""How far one record is taken to move one coordinate, in error bounds."""

WIDTHS = (8, 32)
"""Bins in a shift."""

DISTRIBUTION_BINS = 128
DISTRIBUTIONS = ("uniform", "laplace", "normal", "generalised normal", "student t")


@dataclass(frozen=True)
class DeltaCurves:
    """Delta at each of `EPSILONS` for one coordinate that moves by `SHIFT`; a description, never a guarantee.

    Attributes
    ----------
    distributions : mapping of str to PrivacyLossDistribution
        Of each fitted distribution.
    histogram : mapping of int to (float64 array, float64 array)
        Of the histogram on bins of each of `WIDTHS`: optimistic and pessimistic delta.
    """

    distributions: Mapping[str, PrivacyLossDistribution]
    histogram: Mapping[int, tuple[NDArray[np.float64], NDArray[np.float64]]]

    def to_dict(self) -> dict[str, object]:
        """Return the curves as plain values."""
        return {
            "shift": SHIFT,
            "epsilon": EPSILONS.tolist(),
            "distributions": {name: deltas(each).tolist() for name, each in self.distributions.items()},
            "histogram": {
                str(bins): {"optimistic": low.tolist(), "pessimistic": high.tolist()}
                for bins, (low, high) in self.histogram.items()
            },
        }


def delta_curves(fit: NoiseFit) -> DeltaCurves:
    """Return the curves of a fit on error over bound."""
    return DeltaCurves(
        distributions={
            name: connect_the_dots(distribution_masses(fit.of(name).distribution, SHIFT, DISTRIBUTION_BINS))
            for name in DISTRIBUTIONS
        },
        histogram={bins: _brackets(fit, bins) for bins in WIDTHS},
    )


def deltas(distribution: PrivacyLossDistribution) -> NDArray[np.float64]:
    """Return delta at each of `EPSILONS`."""
    return np.asarray(distribution.get_delta_for_epsilon(EPSILONS), np.float64)


def _brackets(fit: NoiseFit, bins: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    masses = histogram_masses(fit.sketch, SHIFT, bins)
    return deltas(optimistic_losses(masses)), deltas(pessimistic_losses(masses))
