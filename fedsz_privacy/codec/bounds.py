"""Error bounds: how far a decoded value may lie from the original."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from reprlib import repr as shortened
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.core.errors import InputError, printable
from fedsz_privacy.core.ranges import ABS, REL, Range, require_in

RANGES: Mapping[str, Range] = MappingProxyType({"abs": ABS, "rel": REL})
"""What the value may be, by the mode."""

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
        If the mode is unknown, or the value is not positive and finite, or, of a relative bound, above 1.

    Examples
    --------
    >>> ErrorBound.rel(1e-2).absolute(np.array([-1.0, 3.0]))
    0.04
    """

    mode: str
    value: float

    def __post_init__(self) -> None:
        if self.mode not in RANGES:
            raise InputError(f"unknown error bound {self.mode!r}: choose abs or rel")
        require_in(RANGES[self.mode], self.value, f"error bound {self.mode}=")

    @classmethod
    def abs(cls, value: float) -> "ErrorBound":
        """Bound every error by ``value``."""
        return cls("abs", float(value))

    @classmethod
    def rel(cls, value: float) -> "ErrorBound":
        """Bound every error by ``value`` times the range of the tensor."""
        return cls("rel", float(value))

    def of(self, name: str) -> "ErrorBound":  # noqa: ARG002  # as `LayerBounds.of`
        """Return the bound of the tensor of that name: this one."""
        return self

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


def require_error_bound(bound: object) -> None:
    """Raise InputError unless it is an `ErrorBound`."""
    if not isinstance(bound, ErrorBound):
        value = float(bound) if isinstance(bound, float) and bound in REL else 1e-2
        raise InputError(f"bound {printable(shortened(bound))} is no ErrorBound: write ErrorBound.rel({value!r})")
