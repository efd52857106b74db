"""What two ends that share random numbers agree on for one tensor: values to integer codes, and codes to values."""

from typing import Protocol, TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from fedsz_privacy.core.errors import InputError

Values: TypeAlias = NDArray[np.float64]
"""Coordinates of one tensor, in storage order, shape (coordinates,)."""

Codes: TypeAlias = NDArray[np.int64]
"""Their codes, of the same shape."""

Shared: TypeAlias = NDArray[np.float64]
"""Uniform numbers that both ends have, shape (draws, coordinates)."""

MOST_CODE = 2.0**32
"""Largest code: of the 52 bits of a dither at least 20 are left beside it."""


class SharedQuantiser(Protocol):
    """A randomised quantiser whose receiver needs the codes and the shared numbers, and nothing else."""

    @property
    def draws(self) -> int:
        """Shared numbers that each coordinate takes."""
        ...

    def encode(self, values: Values, shared: Shared, secret: Generator, /) -> Codes:
        """Return the codes of values; what the sender alone draws comes from ``secret``."""
        ...

    def decode(self, codes: Codes, shared: Shared, /) -> Values:
        """Return what the receiver makes of codes."""
        ...


def round_to_codes(scaled: Values) -> Codes:
    """Return the nearest integers of values in steps.

    Raises
    ------
    InputError
        If one is larger than `MOST_CODE`.
    """
    largest = float(np.abs(scaled).max(initial=0))
    if not largest <= MOST_CODE:
        raise InputError(
            f"a value of {largest:.3g} steps: choose a bound or noise that makes it {MOST_CODE:.3g} or less"
        )
    return np.rint(scaled).astype(np.int64)
