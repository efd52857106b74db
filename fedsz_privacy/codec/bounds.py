"""Error bounds: how far a decoded value may lie from the original."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.core.errors import InputError

LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True)
class ErrorBound:
    """A bound on the error of every element, absolute or relative to the range of its tensor.

    Parameters
    ----------
    mode : {"abs", "rel"}
        ``"abs"``: the value is the bound itself, in the tensor's own unit. ``"rel"``: the value is a fraction
        of the tensor's range, the greatest finite element minus the least (the REL bound of SZ).
    value : float
        Positive and finite.

    Raises
    ------
    InputError
        If the mode is unknown or the value is not a positive finite number.

    Examples
    --------
    >>> ErrorBound.rel(1e-2).absolute(np.array([-1.0, 3.0]))
    0.04
    """

    mode: str
    value: float

    def __post_init__(self) -> None:
        if self.mode not in ("abs", "rel"):
            raise InputError(f"unknown error bound {self.mode!r}: choose abs or rel")
        if not (math.isfinite(self.value) and self.value > 0):
            raise InputError(f"error bound {self.mode}={self.value:g}: choose a positive number, such as 1e-2")

    @classmethod
    def abs(cls, value: float) -> "ErrorBound":
        """Bound every error by ``value``."""
        return cls("abs", float(value))

    @classmethod
    def rel(cls, value: float) -> "ErrorBound":
        """Bound every error by ``value`` times the range of the tensor."""
        return cls("rel", float(value))

    def absolute(self, array: NDArray[np.floating]) -> float:
        """Return the absolute bound for one array; 0 where nothing may change, as for a constant array."""
        if self.mode == "abs":
            return self.value
        if array.size == 0:
            return 0.0
        low, high = float(array.min()), float(array.max())
        if not math.isfinite(high - low):
            finite = array[np.isfinite(array)]
            low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
        return min(self.value * high - self.value * low, LARGEST)
