"""Numbers with their first bytes together, then their second, and so on: what is alike in them lies side by side."""

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.codec.lossless import ZSTD


def encode_planes(values: NDArray[np.generic]) -> bytes:
    """Return the planes of bytes of a flat array, through zstd."""
    little = values.astype(values.dtype.newbyteorder("<"))
    return ZSTD.compress(little.view(np.uint8).reshape(-1, values.dtype.itemsize).T.tobytes())


def decode_planes(stream: bytes, size: int, dtype: np.dtype[np.generic]) -> NDArray[np.generic]:
    """Return the array of so many numbers of a dtype that a stream holds; ValueError if it holds another."""
    raw = ZSTD.decompress(stream, size * dtype.itemsize)
    planes = np.frombuffer(raw, np.uint8).reshape(dtype.itemsize, size)
    return np.ascontiguousarray(planes.T).view(dtype.newbyteorder("<")).reshape(size).astype(dtype)
