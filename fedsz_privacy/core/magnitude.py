"""Powers of two that bring numbers to about one, so that their squares neither overflow nor vanish.

Multiplication by a power of two is exact. So a sum of squares of scaled numbers, scaled back, has the digits of the
plain sum wherever that one neither overflows nor underflows.
"""

import math
from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

FURTHEST = 1021
"""Greatest exponent of two whose power and its inverse are both normal numbers of 64 bits."""


def magnitude(values: NDArray[np.floating]) -> float:
    """Return the power of two next to the greatest finite absolute value; 1 where there is none but 0."""
    finite = values[np.isfinite(values)]
    return _power(max(float(finite.max()), -float(finite.min())) if finite.size else 0.0)


def magnitude_of(tensors: Iterable[Tensor]) -> float:
    """Return the same of some float tensors together."""
    return max((magnitude(tensor.detach().cpu().double().numpy()) for tensor in tensors if tensor.any()), default=1.0)


def magnitudes(rows: Tensor) -> Tensor:
    """Return the same of each row of a matrix, a power of two that its dtype holds, shape (rows, 1)."""
    greatest = rows.abs().amax(dim=1, keepdim=True).nan_to_num(1, 1)
    furthest = -int(math.log2(torch.finfo(rows.dtype).smallest_normal)) - 1
    exponents = torch.frexp(greatest).exponent.clamp(-furthest, furthest)
    return torch.where(greatest > 0, torch.ldexp(torch.ones_like(greatest), exponents), 1.0)


def norm(values: NDArray[np.floating]) -> float:
    """Return the L2 norm of a flat array of finite values, in 64 bits."""
    unit = magnitude(values)
    return unit * float(np.linalg.norm(values.astype(np.float64) / unit))


def root_of_squares(values: NDArray[np.floating]) -> float:
    """Return the same by NumPy's sum, whose last digit may differ from that of its norm."""
    unit = magnitude(values)
    return unit * float(np.sqrt(((values.astype(np.float64) / unit) ** 2).sum()))


def deviation(values: NDArray[np.floating]) -> float:
    """Return the standard deviation of finite values, in 64 bits."""
    unit = magnitude(values)
    return unit * float((values.astype(np.float64) / unit).std())


def range_over_deviation(values: NDArray[np.floating]) -> float:
    """Return the range of finite values over their standard deviation; 0 of equal values or none."""
    scaled = values.astype(np.float64) / magnitude(values)
    width = float(np.ptp(scaled)) if scaled.size else 0.0
    return width / float(scaled.std()) if width > 0 else 0.0


def _power(greatest: float) -> float:
    return 2.0 ** min(max(math.frexp(greatest)[1], -FURTHEST), FURTHEST) if greatest > 0 else 1.0
