"""How much of an error the data decides: independent noise would leave nothing to find here."""

from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from fedsz_privacy.core.magnitude import magnitude

MOST = 2**19
"""Most elements that dependence is measured on."""

MOST_RANKED = 2**16
"""Most elements that Chatterjee's xi is measured on."""

MOST_SHORTFALL = 0.3
"""Shortfall above which a figure tells a decided error from an independent one no longer."""

NOT_RESOLVABLE = "not resolvable"


@dataclass(frozen=True)
class Dependence:
    """How an error hangs on the value it was made from; every figure is 0 for independent noise.

    Attributes
    ----------
    explained : float
        R2(e|x), the share of the error's variance that the value decides.
    explained_with_neighbours : float
        The same for value and neighbours, as `explained_with_neighbours` bounds it from below.
    chatterjee : float
        Chatterjee's xi of error on value, 1 where the value decides the error.
    autocorrelation : float
        Correlation of an element's error with the next one's.
    correlation : float
        Pearson correlation of error and value.
    explained_shortfall, chatterjee_shortfall : float
        How far `explained` and `chatterjee` would fall short of 1 for a quantiser's error, as `shortfall` gives it.
    """

    explained: float
    explained_with_neighbours: float
    chatterjee: float
    autocorrelation: float
    correlation: float
    explained_shortfall: float
    chatterjee_shortfall: float

    @property
    def explained_is_resolvable(self) -> bool:
        """Whether `explained` tells an error that the value decides from an independent one."""
        return self.explained_shortfall <= MOST_SHORTFALL

    @property
    def chatterjee_is_resolvable(self) -> bool:
        """Whether `chatterjee` does."""
        return self.chatterjee_shortfall <= MOST_SHORTFALL

    def explained_as(self, form: str) -> str:
        """Return `explained` in a format, or that it is not resolvable."""
        return format(self.explained, f"z{form}") if self.explained_is_resolvable else NOT_RESOLVABLE

    def chatterjee_as(self, form: str) -> str:
        """Return `chatterjee` in a format, or that it is not resolvable."""
        return format(self.chatterjee, f"z{form}") if self.chatterjee_is_resolvable else NOT_RESOLVABLE

    def to_dict(self) -> dict[str, object]:
        """Return the figures as plain values, and which of them are resolvable."""
        resolvable = {
            "explained_is_resolvable": self.explained_is_resolvable,
            "chatterjee_is_resolvable": self.chatterjee_is_resolvable,
        }
        return asdict(self) | resolvable


def dependence(original: NDArray[np.floating], decoded: NDArray[np.floating], bound: NDArray[np.float64]) -> Dependence:
    """Measure dependence on a run of consecutive elements for what has neighbours, on evenly spread ones otherwise.

    Parameters
    ----------
    original, decoded : float arrays of one size
        Values before and after, in storage order.
    bound : float64 array, broadcastable to that size
        Unit of value and error.
    """
    units = np.broadcast_to(np.ravel(bound), original.size)
    spread = slice(None, None, -(-original.size // MOST))
    x, error = _values_and_errors(original, decoded, units, spread)
    run_x, run_error = _values_and_errors(original, decoded, units, slice(MOST))
    ranked = slice(None, None, -(-x.size // MOST_RANKED))
    return Dependence(
        explained=explained_share(x, error),
        explained_with_neighbours=explained_with_neighbours(run_x, run_error),
        chatterjee=chatterjee(x[ranked], error[ranked]),
        autocorrelation=correlation(run_error[1:], run_error[:-1]),
        correlation=correlation(x, error),
        explained_shortfall=shortfall(x, error),
        chatterjee_shortfall=shortfall(x[ranked], error[ranked]),
    )


def mean_dependence(found: Sequence[Dependence], elements: Sequence[int]) -> Dependence:
    """Return the mean dependence within a tensor, weighted by elements.

    Values of tensors that have bounds of their own are not put in one order: neighbours there would be errors of
    quantisers that do not agree, and decided errors would look independent.
    """
    return Dependence(*map(float, np.average([astuple(each) for each in found], axis=0, weights=elements)))


def shortfall(x: NDArray[np.float64], error: NDArray[np.float64]) -> float:
    """Return 6 m / n, by which R2(e|x) and xi fall short of 1 for a quantiser that sends n values in m codes.

    Codes are counted for the quantiser whose uniform error has the deviation of this one, whatever made the error: an
    error that only a finer function of x decides looks independent of it.
    """
    scaled = error / magnitude(error)
    width = magnitude(error) * np.sqrt(12) * scaled.std()
    return float(6 * np.unique(np.rint(x / width)).size / x.size) if width > 0 else 0.0


def explained_share(x: NDArray[np.float64], error: NDArray[np.float64]) -> float:
    """Return R2(e|x), the share of the error's variance that a function of x explains.

    The unexplained variance is half the mean squared difference between the errors of neighbours in the order of x
    (Rice, Annals of Statistics 1984). It needs no bins and is unbiased where error and x are independent. For a
    uniform quantiser it falls short of 1 by the `shortfall`.
    """
    scaled = error / magnitude(error)
    total = scaled.var()
    if total == 0:
        return 0.0
    steps = np.diff(scaled[np.argsort(x, kind="stable")])
    return float(1 - (steps**2).mean() / 2 / total)


def explained_with_neighbours(x: NDArray[np.float64], error: NDArray[np.float64]) -> float:
    """Return a lower bound on R2(e | x, neighbours), the most that x less one prediction from them explains.

    A predictor-based codec quantises the value less a prediction from decoded neighbours, so its error is a function
    of that difference. The predictions tried are none, the element before (Lorenzo's), and linear and cubic
    interpolation (SZ3's), in storage order. Only every second element is looked at, as interpolation predicts those
    alone from the elements beside them.
    """
    decoded, odd = x + error, np.arange(3, x.size - 3, 2)
    before, after = decoded[odd - 1], decoded[odd + 1]
    cubic = (9 * (before + after) - decoded[odd - 3] - decoded[odd + 3]) / 16
    predictions = (np.zeros(odd.size), before, (before + after) / 2, cubic)
    return max(explained_share(x[odd] - prediction, error[odd]) for prediction in predictions)


def explained_by_all(error: NDArray[np.float64], again: NDArray[np.float64]) -> float:
    """Return R2(e | all values), the share of an error's variance that all values together decide.

    Two releases of the same values with randomness of their own have that part of the error in common and no other, so
    it is the correlation of their errors: 1 for a deterministic codec, whatever it predicts a value from, and 0 for
    independent noise.

    Parameters
    ----------
    error, again : float64 arrays of one size
        The errors of two releases of the same values.
    """
    return correlation(error, again)


def chatterjee(x: NDArray[np.float64], error: NDArray[np.float64]) -> float:
    """Return Chatterjee's xi of the error on x (JASA 2021); 0 where the error is constant."""
    return float(scipy.stats.chatterjeexi(x, error).statistic) if np.ptp(error) > 0 else 0.0


def correlation(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return Pearson's correlation; 0 where one of both is constant."""
    a, b = _centred(x), _centred(y)
    size = np.linalg.norm(a) * np.linalg.norm(b)
    return float(a @ b / size) if size > 0 else 0.0


def _centred(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values about their mean, in a unit in which their squares neither overflow nor vanish."""
    scaled = values / magnitude(values)
    centred = scaled - scaled.mean()
    return np.asarray(centred / magnitude(centred))


def _values_and_errors(
    original: NDArray[np.floating], decoded: NDArray[np.floating], units: NDArray[np.float64], chosen: slice
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x = original[chosen].astype(np.float64) / units[chosen]
    with np.errstate(invalid="ignore"):
        error = decoded[chosen].astype(np.float64) / units[chosen] - x
    finite = np.isfinite(x) & np.isfinite(error)
    return x[finite], error[finite]
