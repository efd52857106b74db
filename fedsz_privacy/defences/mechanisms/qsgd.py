"""Quantised SGD: unbiased rounding to levels of a bucket's norm (Alistarh et al., NeurIPS 2017)."""

import struct

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from fedsz_privacy.codec.byte_planes import decode_planes, encode_planes
from fedsz_privacy.codec.integer_codes import decode_integers, encode_integers
from fedsz_privacy.core.magnitude import magnitude
from fedsz_privacy.core.ranges import ELEMENTS, Whole, as_whole
from fedsz_privacy.defences.mechanisms.sending import Codec, Values, each_alone
from fedsz_privacy.defences.mechanisms.unproved import without_guarantee
from fedsz_privacy.defences.release import Release

BITS = Whole(2, 16)
BUCKET = Whole(1, ELEMENTS.most)
HEAD = struct.Struct("<dQ")
"""Power of two that numbers are divided by, and bytes of the stream of norms."""

NORM = np.dtype(np.float32)


def qsgd(bits: float, bucket: float = 512) -> Release:
    r"""Return QSGD with a sign and :math:`s = 2^{bits - 1} - 1` levels, in buckets of consecutive numbers of a tensor.

    In a bucket v, :math:`Q(v_i) = \|v\|_2 \, \mathrm{sign}(v_i) \, l / s`, with l either whole number around
    :math:`s |v_i| / \|v\|_2`, so drawn that the mean is v. Its variance is at most
    :math:`\min(n / s^2, \sqrt{n} / s) \|v\|^2` in a bucket of n, by the paper, which is why there are buckets. Norms
    travel as float32, rounded up; levels are entropy-coded, by Huffman's code instead of Elias's.

    Raises
    ------
    InputError
        If bits is no whole number from 2 to 16, or bucket none of 1 or more.
    """
    levels = 2 ** (as_whole(BITS, bits, "qsgd bits") - 1) - 1
    size = as_whole(BUCKET, bucket, "qsgd bucket")
    codec = Codec(
        "qsgd",
        each_alone(lambda values, generator: _encode(values, levels, size, generator)),
        lambda stream, elements, _: _decode(stream, levels, size, elements),
    )
    return without_guarantee(
        f"qsgd:bits={int(bits)}" + (f",bucket={size}" if size != 512 else ""),
        codec,
        "norms are sent as they are, and a number can only become one of the two levels around it, so what it becomes "
        "has probability 0 under a neighbour that lies between two others",
    )


def _encode(values: Values, levels: int, bucket: int, generator: Generator) -> bytes:
    unit = magnitude(values)
    scaled = values.astype(np.float64) / unit
    norms = _norms(scaled, bucket)
    of_each = _spread(norms, bucket, values.size)
    heights = levels * np.abs(scaled) / np.where(of_each > 0, of_each, 1)
    below = np.floor(heights)
    codes = np.copysign(below + (generator.random(values.size) < heights - below), scaled)
    sent = encode_planes(norms)
    return HEAD.pack(unit, len(sent)) + sent + encode_integers(codes.astype(np.int64))


def _decode(stream: bytes, levels: int, bucket: int, size: int) -> Values:
    unit, length = HEAD.unpack_from(stream)
    norms = decode_planes(stream[HEAD.size : HEAD.size + length], -(-size // bucket), NORM).astype(np.float32)
    codes = decode_integers(stream[HEAD.size + length :], size)
    with np.errstate(over="ignore"):
        values: Values = unit * (_spread(norms, bucket, size) * codes / levels)
    return values


def _norms(scaled: NDArray[np.float64], bucket: int) -> NDArray[np.float32]:
    """Return the L2 norm of each bucket, none rounded down: no number is then above its norm."""
    starts = np.arange(0, scaled.size, bucket)
    exact = np.sqrt(np.add.reduceat(scaled**2, starts))
    exact = np.maximum(exact, np.maximum.reduceat(np.abs(scaled), starts))
    rounded = exact.astype(NORM)
    return np.where(rounded < exact, np.nextafter(rounded, NORM.type(np.inf)), rounded)


def _spread(norms: NDArray[np.float32], bucket: int, size: int) -> NDArray[np.float64]:
    """Return the norm of its bucket for each number."""
    places = np.arange(size) // bucket
    spread: NDArray[np.float64] = norms.astype(np.float64)[places]
    return spread
