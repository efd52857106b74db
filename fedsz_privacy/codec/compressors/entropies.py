"""How many bits codes take, estimated: what the encoder chooses its models by."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def gaussian_bits(variance: Any) -> Any:
    """Return the entropy of rounded Gaussian numbers of a variance, about: log2(1 + 2 pi e v) / 2.

    It is close from v = 1 on, and goes to 0 with v as the entropy does, if not as fast.
    """
    return np.log2(1 + np.float32(2 * np.pi * np.e) * variance) / 2


def entropy(codes: NDArray[np.int16]) -> float:
    """Return the entropy in bits of how often each code is among some; flat, at least one."""
    counts = np.bincount(codes - np.intp(codes.min()))
    shares = counts[counts > 0] / codes.size
    return float(-(shares @ np.log2(shares)))
