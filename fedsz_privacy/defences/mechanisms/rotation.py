"""Randomised Hadamard rotations of vectors whose length is a power of two."""

import numpy as np
from numpy.typing import NDArray


def rotated(vector: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    r"""Return :math:`H D x`: random signs, then the Hadamard matrix, which keeps the norm (Ailon and Chazelle, 2009).

    Parameters
    ----------
    vector : float64 array, shape (2**k,)
        What is rotated.
    seed : int
        64 bits that decide the signs, the same on every machine: they are raw bits of Philox, a counter-based
        generator.
    """
    return _hadamard(vector * _signs(seed, vector.size))


def rotated_back(vector: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Return the vector that `rotated` gives this one."""
    return _hadamard(vector) * _signs(seed, vector.size)


def _signs(seed: int, size: int) -> NDArray[np.float64]:
    raw = np.random.Philox(key=seed).random_raw(-(-size // 64)).astype("<u8")
    return np.where(np.unpackbits(raw.view(np.uint8), count=size), -1.0, 1.0)


def _hadamard(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the product with the orthonormal Hadamard matrix, in size log(size) additions."""
    result: NDArray[np.float64] = vector / np.sqrt(vector.size)
    half = 1
    while half < vector.size:
        pairs = result.reshape(-1, 2, half)
        result = np.stack([pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]], axis=1).reshape(-1)
        half *= 2
    return result
