"""Tensors as the arrays that a compressor takes, and back."""

from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

HALF = (torch.float16, torch.bfloat16)


def to_array(tensor: Tensor) -> NDArray[np.floating]:
    """Return a float tensor as a contiguous array, float16 and bfloat16 widened to float32."""
    host = tensor.detach().cpu().resolve_neg()
    return np.ascontiguousarray((host.float() if host.dtype in HALF else host).numpy())


def to_tensor(array: NDArray[np.floating], dtype: torch.dtype) -> Tensor:
    """Return an array as a tensor of the given float dtype, finite values kept finite; the array may change."""
    if dtype not in HALF:
        return torch.from_numpy(array)
    limit = torch.finfo(dtype).max
    np.clip(array, -limit, limit, out=array, where=np.isfinite(array))
    return torch.from_numpy(array).to(dtype)


def rounding_error(array: NDArray[np.floating], bound: float, dtype: torch.dtype) -> float:
    """Return the most by which `to_tensor` moves a value that lies within ``bound`` of the array's finite ones."""
    if dtype not in HALF:
        return 0.0
    info = torch.finfo(dtype)
    largest = float(np.abs(array, where=np.isfinite(array), out=np.zeros_like(array)).max())
    return (largest + bound) * info.eps / 2 + info.smallest_normal * info.eps


def to_bytes(tensor: Tensor) -> bytes:
    """Return the raw bytes of a tensor in row-major order."""
    if not tensor.numel():
        return b""  # An empty one may have strides that no view of its bytes can have.
    host = tensor.detach().cpu().contiguous()
    # As strides of 1: a single element counts as contiguous whatever its strides.
    return host.as_strided((host.numel(),), (1,)).view(torch.uint8).numpy().tobytes()


def from_bytes(data: memoryview, dtype: torch.dtype, shape: tuple[int, ...]) -> Tensor:
    """Return the tensor whose raw bytes are given, as a copy that owns its memory."""
    if not data:
        return torch.empty(shape, dtype=dtype)
    if dtype == torch.bfloat16:  # NumPy has none.
        return from_bytes(data, torch.int16, shape).view(dtype)
    return torch.from_numpy(np.ndarray(shape, _in_numpy(dtype), data).copy())


@cache
def _in_numpy(dtype: torch.dtype) -> np.dtype[Any]:
    return torch.empty(0, dtype=dtype).numpy().dtype
