"""Distributions that an error may follow, a class for each family."""

from dataclasses import dataclass

import numpy as np
import scipy

from analysis.methods.noise.distribution import Distribution


@dataclass(frozen=True)
class Uniform(Distribution):
    """U(location, location + scale)."""

    family = "uniform"
    standard = scipy.stats.uniform


@dataclass(frozen=True)
class Laplace(Distribution):
    """Density exp(-|e - location| / scale) / (2 scale)."""

    family = "laplace"
    standard = scipy.stats.laplace

    @property
    def fisher_information(self) -> float:
        """1 / scale^2."""
        return 1 / self.scale**2


@dataclass(frozen=True)
class Normal(Distribution):
    """Mean ``location``, standard deviation ``scale``."""

    family = "normal"
    standard = scipy.stats.norm

    @property
    def fisher_information(self) -> float:
        """1 / scale^2."""
        return 1 / self.scale**2


@dataclass(frozen=True)
class GeneralisedNormal(Distribution):
    """Density beta / (2 scale Gamma(1 / beta)) exp(-|(e - location) / scale|^beta).

    Attributes
    ----------
    beta : float
        1 for Laplace, 2 for normal, infinite for uniform.
    """

    family = "generalised normal"
    standard = scipy.stats.gennorm

    beta: float

    @property
    def shape(self) -> float:
        """Beta."""
        return self.beta

    @property
    def fisher_information(self) -> float:
        """beta^2 Gamma(2 - 1 / beta) / Gamma(1 / beta) / scale^2; infinite up to a beta of 1/2."""
        if self.beta <= 0.5:
            return np.inf
        logs = scipy.special.gammaln(2 - 1 / self.beta) - scipy.special.gammaln(1 / self.beta)
        return float(self.beta**2 * np.exp(logs) / self.scale**2)


@dataclass(frozen=True)
class StudentT(Distribution):
    """Student's t.

    Attributes
    ----------
    degrees_of_freedom : float
        Any positive number.
    """

    family = "student t"
    standard = scipy.stats.t

    degrees_of_freedom: float

    @property
    def shape(self) -> float:
        """Degrees of freedom."""
        return self.degrees_of_freedom

    @property
    def fisher_information(self) -> float:
        """(df + 1) / (df + 3) / scale^2."""
        return (self.degrees_of_freedom + 1) / (self.degrees_of_freedom + 3) / self.scale**2


@dataclass(frozen=True)
class ZeroInflated(Distribution):
    """An atom at 0 beside a generalised normal distribution.

    Attributes
    ----------
    beta : float
        As `GeneralisedNormal.beta`.
    atom : float
        Probability of 0.
    """

    family = "zero-inflated"
    standard = scipy.stats.gennorm

    beta: float
    atom: float

    @property
    def shape(self) -> float:
        """Beta."""
        return self.beta

    @property
    def zero(self) -> float:
        """Probability of an error of exactly 0, beside the continuous part."""
        return self.atom


@dataclass(frozen=True)
class TruncatedNormal(Distribution):
    """A normal distribution that ends as far below the location as above.

    Attributes
    ----------
    end : float
        How far, over the scale.
    """

    family = "truncated normal"
    standard = scipy.stats.truncnorm

    end: float

    @property
    def shape(self) -> float:
        """How far it reaches, over the scale."""
        return self.end

    @property
    def shapes(self) -> tuple[float, ...]:
        """Both ends, over the scale."""
        return -self.end, self.end

    @property
    def parameters(self) -> int:
        """3: the scale, which alone is fitted, and both ends.

        The location lies between the ends and is no number of its own. The ends count, known as they are, because those
        of `Uniform` are fitted: otherwise most uniform errors would be named a truncated normal of large scale.
        """
        return 3
