"""Which distribution the compression error follows, and how much of it the data decides."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.methods.noise.dependence import Dependence, dependence
from analysis.methods.noise.distances import resampled_shares
from analysis.methods.noise.distributions import Uniform, ZeroInflated
from analysis.methods.noise.families import BOUNDED, FAMILIES
from analysis.methods.noise.fits import Fit, fit_family, fixed_distribution
from analysis.methods.noise.sketch import Sketch, sketch_errors
from fedsz_privacy.core.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

    from analysis.reporting.table import Table

LEAST_ATOM = 0.01
ON_BOUND = Uniform(-1.0, 2.0)
ROUNDING = 1e-3
"""Share of its bound by which a codec's rounding may exceed it."""

SLACK = 1e-2
"""Share of a bound by which errors may exceed what a user says it is: bounds are written with few digits."""


@dataclass(frozen=True, repr=False)
class NoiseFit:
    """A description of compression errors; it is no privacy guarantee, whichever family fits.

    Attributes
    ----------
    elements : int
        Size of the sample.
    fits : tuple of Fit
        One for each family; those of `BOUNDED` only where a bound is known.
    on_bound : Fit or None
        The uniform distribution on (-1, 1), that of a quantiser of the known bound; nothing in it is fitted. None where
        errors exceed the unit, which then is no bound, or where the unit was found in the errors themselves.
    share_zero : float
        Share of errors that are exactly 0.
    dependence : Dependence
        How much of the error the original value decides.
    sketch : Sketch
        The errors, as a histogram.
    """

    elements: int
    fits: tuple[Fit, ...]
    on_bound: Fit | None
    share_zero: float
    dependence: Dependence
    sketch: Sketch

    @property
    def r_squared(self) -> float:
        """Share of the error's variance that the original value decides, R2(e|x); 0 for independent noise."""
        return self.dependence.explained

    @property
    def best(self) -> Fit:
        """The fit of least Bayesian information criterion (Schwarz, 1978).

        An atom counts only if it holds a share of `LEAST_ATOM`: a few errors of exactly 0 are chance.
        """
        return min(self._contenders, key=lambda fit: fit.bic)

    @property
    def nearest(self) -> Fit:
        """The fit of least KS distance."""
        return min(self._contenders, key=lambda fit: fit.ks)

    @property
    def _contenders(self) -> list[Fit]:
        return [fit for fit in self.fits if fit.zero >= LEAST_ATOM or not isinstance(fit.distribution, ZeroInflated)]

    def of(self, family: str) -> Fit:
        """Return the fit of one family."""
        return next(fit for fit in self.fits if fit.family == family)

    def to_dict(self) -> dict[str, object]:
        """Return the description as plain values; an infinite one stands as the string ``"inf"``."""
        return {
            "elements": self.elements,
            "fits": [fit.to_dict() for fit in self.fits],
            "on_bound": self.on_bound.to_dict() if self.on_bound else None,
            "r_squared": self.r_squared,
            "share_zero": self.share_zero,
            "dependence": self.dependence.to_dict(),
            "best": self.best.family,
            "nearest": self.nearest.family,
        }

    @property
    def summary(self) -> str:
        """The best family and its distance, those to the two families in question, and the explained share."""
        uniform, laplace = (self.of(family).ks for family in ("uniform", "laplace"))
        explained = f"R²(e|x) {self.dependence.explained_as('.2f')}"
        # Short lines, for panels stand side by side.
        lines = (
            f"best {self.best.family}",
            f"KS {self.best.ks:.3f}, uniform {uniform:.3f},",
            f"Laplace {laplace:.3f}; ",
        )
        return "\n".join(lines) + explained

    def without_bound(self) -> "NoiseFit":
        """Return the fit of errors whose unit was found in them: no distribution of a known bound is in it."""
        return replace(self, on_bound=None, fits=tuple(fit for fit in self.fits if fit.family not in BOUNDED))

    def plot(self, axis: "Axes", families: Collection[str] = (*FAMILIES, *BOUNDED)) -> None:
        """Draw the errors' histogram and the fitted densities of some families on an axis of matplotlib."""
        from analysis.methods.noise.plots import draw_fits

        draw_fits(axis, self.sketch, [fit for fit in self.fits if fit.family in families])

    def to_frame(self) -> "DataFrame":
        """Return one row of numbers for each family, as a table of pandas; lengths are in the unit of the errors."""
        from pandas import DataFrame

        return DataFrame([fit.to_dict() for fit in self.fits])

    def _repr_html_(self) -> str:
        """Return the main figures, and a row for each family, as a notebook shows them."""
        from analysis.reporting.html import to_fragment

        return to_fragment([str(self)], [self._table()])

    def _table(self) -> "Table":
        from analysis.reporting.numbers import interval, significant
        from analysis.reporting.table import Table

        least = min(fit.bic for fit in self.fits)
        return Table(
            title="Distance of the errors to each fitted distribution, with 95% intervals",
            note="",
            columns=("family", "location", "scale", "KS", "W1", "BIC difference"),
            rows=[
                (
                    fit.family,
                    significant(fit.location),
                    significant(fit.scale),
                    interval(fit.distances["ks"]),
                    interval(fit.distances["wasserstein"]),
                    f"{fit.bic - least:.4f}",
                )
                for fit in self.fits
            ],
        )

    def __repr__(self) -> str:
        """Return the main figures in one line."""
        best, explained = self.best, self.dependence.explained_as(".3f")
        return (
            f"NoiseFit({self.elements:,} errors: best {best.family}, location {best.location:.4g}, scale "
            f"{best.scale:.4g}, KS {best.ks:.4f}; R2(e|x) {explained}; {self.share_zero:.1%} exactly 0)"
        )


def fit_noise(original: ArrayLike, decoded: ArrayLike, bound: ArrayLike | None = None, seed: int = 0) -> NoiseFit:
    """Fit the families of `FAMILIES`, and on a known bound those of `BOUNDED`, to the errors of a lossy codec.

    Parameters
    ----------
    original, decoded : array_like
        Values before and after, of one shape, in storage order.
    bound : array_like, optional
        The absolute error bound, one number or one for each element; errors are measured in it. Without one the raw
        errors are fitted, by `FAMILIES` alone.
    seed : int
        Seed of the bootstrap that gives the intervals.

    Returns
    -------
    NoiseFit
        Scales and Wasserstein distances are in units of ``bound``, or else of the values.

    Raises
    ------
    InputError
        If the shapes differ, there are too few finite errors, all of them are 0, a bound is not positive, or errors
        exceed it by more than `SLACK` and what rounding to their dtype explains.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=100_000)
    >>> fit_noise(x, np.round(x, 2), bound=0.005).best.family
    'uniform'
    """
    if bound is None:
        return fit_in_unit(original, decoded, 1.0, seed).without_bound()
    _require_within_bound(*_flat(original, decoded, bound))
    return fit_in_unit(original, decoded, bound, seed)


def fit_in_unit(original: ArrayLike, decoded: ArrayLike, unit: ArrayLike, seed: int = 0) -> NoiseFit:
    """Fit as `fit_noise` does, to errors that may exceed their unit."""
    before, after, units = _flat(original, decoded, unit)
    return fit_sketch(sketch_errors(before, after, units), dependence(before, after, units), seed)


def _flat(
    original: ArrayLike, decoded: ArrayLike, unit: ArrayLike
) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.float64]]:
    before, after = np.asarray(original).ravel(), np.asarray(decoded).ravel()
    units = np.asarray(unit, np.float64).ravel()
    if before.size != after.size:
        raise InputError(f"{before.size} original and {after.size} decoded values: give as many of both")
    if not (units > 0).all():
        raise InputError(f"bound {units.min():g}: choose a positive number, such as the codec's absolute bound")
    return before, after, units


def _require_within_bound(before: NDArray[Any], after: NDArray[Any], bounds: NDArray[np.float64]) -> None:
    bound = np.broadcast_to(bounds, before.size)
    x, y = before.astype(np.float64), after.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):  # infinite before and after is no number
        error = np.abs(y - x)
        rounding = max(map(_epsilon, (before, after))) * np.maximum(np.abs(x), np.abs(y))
        excess = np.where(np.isfinite(error) & (error > (1 + SLACK) * bound + rounding), error / bound, 0)
    if excess.any():
        place = excess.argmax()
        raise InputError(
            f"errors reach {error[place]:.3g}, above bound {bound[place]:.3g}: give the bound that was used"
        )


def _epsilon(values: NDArray[Any]) -> float:
    """Return the relative rounding of a dtype."""
    return float(np.finfo(values.dtype if values.dtype.kind == "f" else np.float64).eps)


def fit_sketch(sketch: Sketch, found: Dependence, seed: int) -> NoiseFit:
    """Fit the families to a sketch of errors, whose dependence on the data was measured before."""
    shares, bounded = resampled_shares(sketch, seed), sketch.limit <= 1 + ROUNDING
    families = (*FAMILIES.values(), *(BOUNDED.values() if bounded else ()))
    return NoiseFit(
        elements=round(sketch.elements),
        fits=tuple(fit_family(sketch, shares, family) for family in families),
        on_bound=fixed_distribution(sketch, shares, ON_BOUND) if bounded else None,
        share_zero=float(sketch.zeros.sum() / sketch.elements),
        dependence=found,
        sketch=sketch,
    )
