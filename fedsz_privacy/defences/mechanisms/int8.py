"""Eight bits a number, with one symmetric scale a tensor."""

import struct

import numpy as np

from fedsz_privacy.codec.integer_codes import decode_integers, encode_integers
from fedsz_privacy.defences.mechanisms.sending import Codec, Values, each_alone
from fedsz_privacy.defences.mechanisms.unproved import without_guarantee
from fedsz_privacy.defences.release import Release

LARGEST = 127
SCALE = struct.Struct("<d")


def int8() -> Release:
    r"""Return the release that rounds each tensor to whole multiples of :math:`s = \max |x| / 127`.

    No error exceeds s / 2. The codes are entropy-coded, so that 32 bits become 8 or fewer.
    """
    return without_guarantee(
        "int8",
        Codec("int8", each_alone(lambda values, _: _encode(values)), _decode, lambda stream: _scale(stream) / 2),
        "rounding to the nearest of 255 levels is deterministic, so neighbouring updates that decode differently are "
        "told apart for certain",
    )


def _encode(values: Values) -> bytes:
    wide = values.astype(np.float64)
    largest = float(np.abs(wide).max())
    scale = largest / LARGEST or largest  # The quotient may be too small for 64 bits.
    codes = np.rint(wide / scale) if scale > 0 else np.zeros_like(wide)
    return SCALE.pack(scale) + encode_integers(codes.astype(np.int64))


def _decode(stream: bytes, size: int, _: np.dtype[np.floating]) -> Values:
    return _scale(stream) * decode_integers(stream[SCALE.size :], size)


def _scale(stream: bytes) -> float:
    (scale,) = SCALE.unpack_from(stream)
    return float(scale)
