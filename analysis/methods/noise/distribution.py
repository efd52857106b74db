"""What every distribution of noise offers."""

from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Errors = NDArray[np.float64]
"""Errors, or functions of them, in the sample's unit."""


@dataclass(frozen=True)
class Distribution:
    """A distribution of errors; what it is of stands in a class for each family.

    Attributes
    ----------
    family : str
        Name of the family, in tables and results.
    standard : scipy.stats.rv_continuous
        The continuous part at location 0 and scale 1, which takes `shapes`.
    location, scale : float
        As scipy.stats defines them for the family, in the sample's unit.
    """

    family: ClassVar[str]
    standard: ClassVar[Any]

    location: float
    scale: float

    @property
    def shape(self) -> float | None:
        """What tables and results call the shape, a number without unit; None of a family that has none."""
        return None

    @property
    def shapes(self) -> tuple[float, ...]:
        """The shapes as scipy.stats takes them."""
        return () if self.shape is None else (self.shape,)

    @property
    def zero(self) -> float:
        """Probability of an error of exactly 0, beside the continuous part."""
        return 0.0

    @property
    def parameters(self) -> int:
        """Number of parameters that the BIC counts: all that were fitted, and both ends of a bounded distribution."""
        return len(fields(self))

    @property
    def fisher_information(self) -> float:
        """Fisher information of the location, over the unit squared; infinite where the density or an atom jumps."""
        return np.inf

    def density(self, errors: Errors) -> Errors:
        """Return the probability density of the continuous part at some errors."""
        return (1 - self.zero) * self._continuous("pdf", errors)

    def below(self, errors: Errors) -> Errors:
        """Return the probability of an error less than some errors."""
        return np.asarray((1 - self.zero) * self._continuous("cdf", errors) + self.zero * (errors > 0))

    def beyond(self, sizes: Errors) -> Errors:
        """Return the probability of an error further from 0 than some positive sizes."""
        return (1 - self.zero) * (self._continuous("sf", sizes) + self._continuous("cdf", -sizes))

    def quantiles(self, shares: Errors) -> Errors:
        """Return the quantiles of the continuous part."""
        return self._continuous("ppf", shares)

    def masses(self, edges: Errors) -> Errors:
        """Return the probability of each bin between neighbouring edges, precise far into both tails."""
        upper, lower = -np.diff(self._continuous("sf", edges)), np.diff(self._continuous("cdf", edges))
        masses: Errors = np.where(edges[:-1] > self.location, upper, lower) * (1 - self.zero)
        masses[(edges[:-1] <= 0) & (edges[1:] > 0)] += self.zero
        return masses

    def draw(self, size: int, generator: Generator) -> Errors:
        """Draw independent errors."""
        errors = self._continuous("rvs", size=size, random_state=generator)
        return np.where(generator.random(size) < self.zero, 0.0, errors)

    def _continuous(self, function: str, *values: Errors, **options: Any) -> Errors:
        """Evaluate a function of the continuous part; scipy's overflow far out in a tail is a probability of 0."""
        with np.errstate(over="ignore"):
            return np.asarray(
                getattr(self.standard, function)(*values, *self.shapes, self.location, self.scale, **options)
            )
