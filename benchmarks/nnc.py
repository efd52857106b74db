"""The NNC standard (ISO/IEC 15938-17) by its reference software, the package nncodec, matched by greatest error.

Its stream has no error bound, so each array is coded with the coarsest quantisation parameter whose greatest error is
within the bound. Importing the package imports what it trains models with, torchvision among it; coding uses none of
that, and stand-ins keep it out. Apart from the parameter, everything is as the package has it: dependent quantisation
and context-adaptive binary arithmetic coding.
"""

import math
import os
import sys
from unittest.mock import MagicMock

import numpy as np
from numpy.typing import NDArray

TRAINING = ("use_case_init", "pytorch_model", "tensorflow_model")
"""Modules of nncodec.framework that coding does not use."""

sys.modules.update({f"nncodec.framework.{name}": MagicMock() for name in TRAINING})
from nncodec import nnc  # noqa: E402

FINER = 4
"""Parameters in an octave of the step."""


class NNC:
    """NNC behind the contract of a compressor, for float32; the time to encode is that of all tries."""

    name = "nncodec"

    def encode(self, array: NDArray[np.floating], bound: float) -> bytes:
        """Compress an array under an absolute bound."""
        parameter = math.ceil(FINER * math.log2(bound))
        while True:
            stream = _encode(array, parameter)
            if np.abs(array.astype(np.float64) - self.decode(stream, array.shape, array.dtype)).max() <= bound:
                return stream
            parameter -= 1

    def decode(self, data: bytes, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> NDArray[np.floating]:
        """Restore an array of the given shape and dtype."""
        restored: NDArray[np.floating] = nnc.decompress(bytearray(data))["array"].reshape(shape).astype(dtype)
        return restored


def _encode(array: NDArray[np.floating], parameter: int) -> bytes:
    stream = nnc.compress({"array": array}, bitstream_path=os.devnull, qp=parameter, return_bitstream=True)
    return bytes(stream)
