"""One bit a number: its sign (Bernstein et al., ICML 2018), at the size of Karimireddy et al., ICML 2019."""

import struct

import numpy as np

from fedsz_privacy.codec.lossless import ZSTD
from fedsz_privacy.core.magnitude import magnitude
from fedsz_privacy.defences.mechanisms.sending import Codec, Values, each_alone
from fedsz_privacy.defences.mechanisms.unproved import without_guarantee
from fedsz_privacy.defences.release import Release

SIZE = struct.Struct("<d")


def sign() -> Release:
    r"""Return the release that sends of each tensor the signs and one number, the mean magnitude.

    :math:`C(x) = (\|x\|_1 / d) \, \mathrm{sign}(x)`, with a plus for 0. What it loses of a tensor is exactly
    :math:`\|x - C(x)\|^2 = (1 - \|x\|_1^2 / (d \|x\|^2)) \|x\|^2` (Karimireddy et al., ICML 2019), often most of it: it
    is made for error feedback, ``ef+sign``.
    """
    return without_guarantee(
        "sign",
        Codec("sign", each_alone(lambda values, _: _encode(values)), _decode),
        "signs and their mean magnitude follow from the update without chance, so neighbouring updates that decode "
        "differently are told apart for certain",
    )


def _encode(values: Values) -> bytes:
    unit = magnitude(values)
    mean = unit * float((np.abs(values, dtype=np.float64) / unit).mean())
    return SIZE.pack(mean) + ZSTD.compress(np.packbits(values >= 0).tobytes())


def _decode(stream: bytes, size: int, _: np.dtype[np.floating]) -> Values:
    (mean,) = SIZE.unpack_from(stream)
    packed = ZSTD.decompress(stream[SIZE.size :], -(-size // 8))
    values: Values = np.where(np.unpackbits(np.frombuffer(packed, np.uint8), count=size), mean, -mean)
    return values
