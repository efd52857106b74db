"""SZ3 (Liang et al., IEEE Trans. Big Data 2023) through pysz."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pysz import sz, szAlgorithm, szConfig, szErrorBoundMode

from fedsz_privacy.codec.names import SZ3_ALGORITHMS
from fedsz_privacy.core.errors import unknown

ALGORITHMS = {name: getattr(szAlgorithm, name.upper()) for name in SZ3_ALGORITHMS}

CPP_EXCEPTIONS = (RuntimeError, MemoryError, IndexError, ArithmeticError, TypeError, OSError)
"""What Cython makes of the C++ exceptions that SZ3 throws at a damaged stream."""


@dataclass(frozen=True)
class SZ3:
    """SZ3 with one of its algorithms.

    Parameters
    ----------
    algorithm : str
        ``"nopred"``, the predictor-free uniform quantiser with entropy coding, is the default: model weights have no
        spatial order that a predictor could use. The others predict each value from its neighbours.

    Raises
    ------
    InputError
        If the algorithm is unknown.
    """

    algorithm: str = "nopred"

    def __post_init__(self) -> None:
        if self.algorithm not in ALGORITHMS:
            raise unknown("SZ3 algorithm", self.algorithm, tuple(ALGORITHMS), "leave it out for nopred")

    @property
    def name(self) -> str:
        """Name on the wire; the stream itself says which algorithm made it."""
        return "sz3"

    def encode(self, array: NDArray[np.floating], bound: float) -> bytes:
        """Compress a non-empty float32 or float64 array of any shape under a positive absolute bound."""
        config = szConfig()
        config.errorBoundMode = szErrorBoundMode.ABS
        config.absErrorBound = bound
        config.cmprAlgo = ALGORITHMS[self.algorithm]
        stream, _ = sz.compress(array.reshape(_grid(array.shape)), config)
        return bytes(stream)

    def decode(self, data: bytes, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> NDArray[np.floating]:
        """Restore an array of the given shape and dtype; ValueError if the data does not hold one."""
        try:
            array, _ = sz.decompress(np.frombuffer(data, np.uint8), dtype, _grid(shape))
        except CPP_EXCEPTIONS as error:
            raise ValueError(f"not an SZ3 stream: {error}") from error
        return np.asarray(array).reshape(shape)


def _grid(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape of one to four axes with as many elements: SZ3 takes no other."""
    return (1,) if not shape else (*shape[:3], int(np.prod(shape[3:]))) if len(shape) > 4 else shape
