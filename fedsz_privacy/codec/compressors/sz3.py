"""SZ3 (Liang et al., IEEE Trans. Big Data 2023) through pysz.

.. warning::
   Decode only streams you trust with another algorithm than ``nopred``. The stream's outer parts are checked, but a
   made-up one can still take memory without limit: its counts lie behind code tables of SZ3's own.

Left to themselves, the algorithms with prediction compare an error with the bound after rounding it to the array's
dtype, and write streams that they cannot read of some arrays with NaN, or with values or a bound near the greatest
floats. So they get a bound smaller by up to two units in the last place, and what is not finite or within 2**20 of the
greatest float is kept exactly.
"""

from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray
from pysz import sz, szAlgorithm, szConfig, szErrorBoundMode

from fedsz_privacy.codec.compressors.exceptions import pack, peek, unpack
from fedsz_privacy.codec.compressors.scaling import greatest_within
from fedsz_privacy.codec.compressors.sz3_stream import (
    INTERP,
    LORENZO_REG,
    LOSSLESS,
    NOPRED,
    Stream,
    read,
    require_counts,
)
from fedsz_privacy.codec.names import SZ3_ALGORITHMS
from fedsz_privacy.core.errors import unknown

ALGORITHMS = {name: getattr(szAlgorithm, name.upper()) for name in SZ3_ALGORITHMS}

DEFAULT = "nopred"

WRITES = {
    DEFAULT: frozenset({NOPRED, LOSSLESS}),
    "lorenzo_reg": frozenset({LORENZO_REG, LOSSLESS}),
    "interp_lorenzo": frozenset({LORENZO_REG, INTERP, LOSSLESS}),
    "interp": frozenset({INTERP, LOSSLESS}),
}
"""What an algorithm's streams name as theirs."""

HEADROOM = 2.0**-20
"""Share of the greatest float up to which values are predicted, so that no sum of a block's overflows."""

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

    algorithm: str = DEFAULT

    def __post_init__(self) -> None:
        if self.algorithm not in ALGORITHMS:
            raise unknown("SZ3 algorithm", self.algorithm, tuple(ALGORITHMS), "leave it out for nopred")

    @property
    def name(self) -> str:
        """Name on the wire: ``sz3`` without prediction, and for instance ``sz3-interp`` with it."""
        return f"sz3-{self.algorithm}" if self._predicts else "sz3"

    def encode(self, array: NDArray[np.floating], bound: float) -> bytes:
        """Compress a non-empty float32 or float64 array of any shape under a positive absolute bound."""
        if not self._predicts:
            return self._compress(array, bound)
        zero, most = array.dtype.type(0), float(np.finfo(array.dtype).max) * HEADROOM
        limit = float(np.nextafter(array.dtype.type(greatest_within(min(bound, most), array.dtype)), zero))
        if limit > 0 and array.min() >= -most and array.max() <= most:
            return pack(self._compress(array, limit), array.reshape(-1), np.zeros(array.size, np.bool_))
        exact = ~((np.abs(array) <= most) & (limit > 0))
        stream = b"" if exact.all() else self._compress(np.where(exact, zero, array), limit)
        return pack(stream, array.reshape(-1), exact.reshape(-1))

    def decode(self, data: bytes, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> NDArray[np.floating]:
        """Restore an array of the given shape and dtype; ValueError if the data does not hold one."""
        if not self._predicts:
            return self._decompress(data, _grid(shape), dtype).reshape(shape)
        stream, exceptions = unpack(data, prod(shape), dtype)
        flat = self._decompress(stream, _grid(shape), dtype).reshape(-1) if stream else np.zeros(prod(shape), dtype)
        return exceptions.restore(flat).reshape(shape)

    def memory(self, data: memoryview, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> int:
        """Return the most bytes that decoding takes beside the array; ValueError if the data does not hold one."""
        if not self._predicts:
            return self._read(data, _grid(shape), dtype).memory
        stream, taken = peek(data, prod(shape), dtype)
        return taken + (self._read(stream, _grid(shape), dtype).memory if stream else 0)

    @property
    def _predicts(self) -> bool:
        return self.algorithm != DEFAULT

    def _compress(self, array: NDArray[np.floating], bound: float) -> bytes:
        config = szConfig()
        config.errorBoundMode = szErrorBoundMode.ABS
        config.absErrorBound = bound
        config.cmprAlgo = ALGORITHMS[self.algorithm]
        stream, _ = sz.compress(array.reshape(_grid(array.shape)), config)
        return bytes(stream)

    def _decompress(self, data: bytes, grid: tuple[int, ...], dtype: np.dtype[np.floating]) -> NDArray[np.floating]:
        stream = self._read(memoryview(data), grid, dtype)
        if stream.algorithm == NOPRED:
            require_counts(stream)
        try:
            array, _ = sz.decompress(np.frombuffer(data, np.uint8), dtype, grid)
        except CPP_EXCEPTIONS as error:
            raise ValueError(f"not an SZ3 stream: {error}") from error
        return np.asarray(array)

    def _read(self, data: memoryview, grid: tuple[int, ...], dtype: np.dtype[np.floating]) -> Stream:
        return read(data, grid, dtype, WRITES[self.algorithm])


def _grid(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape of one to four axes with as many elements: SZ3 takes no other."""
    return (1,) if not shape else (*shape[:3], prod(shape[3:])) if len(shape) > 4 else shape
