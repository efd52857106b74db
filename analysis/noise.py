"""Which law the compression error follows, and how much of it the data decides."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from fedsz_privacy.errors import InputError

FAMILIES = {"uniform": stats.uniform, "laplace": stats.laplace, "normal": stats.norm}


@dataclass(frozen=True)
class Fit:
    """One family fitted to a sample of errors by maximum likelihood.

    Attributes
    ----------
    family : str
        A key of `FAMILIES`.
    location, scale : float
        As scipy.stats defines them for the family, in the sample's unit.
    ks : float
        Kolmogorov-Smirnov distance between sample and fit, from 0 to 1.
    wasserstein : float
        Wasserstein-1 distance between sample and fit, in the sample's unit.
    """

    family: str
    location: float
    scale: float
    ks: float
    wasserstein: float

    def density(self, errors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the fitted probability density at some errors."""
        return np.asarray(FAMILIES[self.family].pdf(errors, self.location, self.scale))


@dataclass(frozen=True)
class NoiseFit:
    """A description of compression errors; it is no privacy guarantee, whichever family fits.

    Attributes
    ----------
    elements : int
        Size of the sample.
    fits : tuple of Fit
        One for each family.
    r_squared : float
        Share of the error's variance that the original value decides, R2(e|x); 0 for independent noise.
    share_zero : float
        Share of errors that are exactly 0.
    """

    elements: int
    fits: tuple[Fit, ...]
    r_squared: float
    share_zero: float

    def of(self, family: str) -> Fit:
        """Return the fit of one family."""
        return next(fit for fit in self.fits if fit.family == family)

    @property
    def best(self) -> Fit:
        """The fit of least KS distance."""
        return min(self.fits, key=lambda fit: fit.ks)

    def to_dict(self) -> dict[str, object]:
        """Return the description as plain values."""
        return asdict(self) | {"best": self.best.family}


def fit_noise(original: ArrayLike, decoded: ArrayLike, bound: ArrayLike = 1.0) -> NoiseFit:
    """Fit the families of `FAMILIES` to the errors of a lossy codec.

    Parameters
    ----------
    original, decoded : array_like
        Values before and after, of one shape.
    bound : array_like
        Unit in which errors are measured: the absolute error bound, one number or one for each element. Leave it at
        1 to fit the raw errors.

    Returns
    -------
    NoiseFit
        Scales and Wasserstein distances are in units of ``bound``.

    Raises
    ------
    InputError
        If the shapes differ, there are fewer than two elements, or a bound is not positive.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=100_000)
    >>> fit_noise(x, np.round(x, 2), bound=0.005).best.family
    'uniform'
    """
    before, after = np.asarray(original, np.float64).ravel(), np.asarray(decoded, np.float64).ravel()
    unit = np.asarray(bound, np.float64).ravel()
    if before.size != after.size or before.size < 2:
        raise InputError(f"{before.size} original and {after.size} decoded values: give two or more pairs")
    if not (unit > 0).all():
        raise InputError(f"bound {unit.min():g}: choose a positive number, such as the codec's absolute bound")
    error = (after - before) / unit
    return NoiseFit(
        elements=error.size,
        fits=tuple(_fit(family, np.sort(error)) for family in FAMILIES),
        r_squared=explained_share(before / unit, error),
        share_zero=float(np.mean(error == 0)),
    )


def explained_share(x: NDArray[np.float64], error: NDArray[np.float64]) -> float:
    """Return R2(e|x), the share of the error's variance that a function of x explains.

    The unexplained variance is half the mean squared difference between the errors of neighbours in the order of x
    (Rice, Annals of Statistics 1984). It needs no bins and is unbiased where error and x are independent. For a
    uniform quantiser with m codes among n values it falls short of 1 by about 6 m / n.
    """
    total = error.var()
    if total == 0:
        return 0.0
    steps = np.diff(error[np.argsort(x, kind="stable")])
    return float(1 - (steps**2).mean() / 2 / total)


def _fit(family: str, ordered: NDArray[np.float64]) -> Fit:
    location, scale = FAMILIES[family].fit(ordered)
    law = FAMILIES[family](location, scale)
    middles = (np.arange(ordered.size) + 0.5) / ordered.size
    return Fit(
        family=family,
        location=float(location),
        scale=float(scale),
        ks=float(stats.ks_1samp(ordered, law.cdf, method="asymp").statistic),
        wasserstein=float(np.abs(ordered - law.ppf(middles)).mean()),
    )
