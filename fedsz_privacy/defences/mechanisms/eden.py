"""EDEN: a random rotation, the normal distribution's quantiser, and a scale (Vargaftik et al., ICML 2022)."""

import struct
from collections.abc import Iterator

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from fedsz_privacy.core.magnitude import magnitude
from fedsz_privacy.core.ranges import Whole, as_whole
from fedsz_privacy.defences.mechanisms.lloyd_max import centroids, nearest
from fedsz_privacy.defences.mechanisms.rotation import rotated, rotated_back
from fedsz_privacy.defences.mechanisms.sending import Codec, Values, each_alone
from fedsz_privacy.defences.mechanisms.unproved import without_guarantee
from fedsz_privacy.defences.release import Release

BITS = Whole(1, 8)
HEAD = struct.Struct("<Qd")
"""Seed of the rotations, and the power of two that numbers are divided by."""

SCALE = np.dtype("<f4")
LEAST_BLOCK = 128
"""Length that the last numbers of a tensor are padded to with zeros; shorter vectors are no longer about normal."""


def eden(bits: float) -> Release:
    r"""Return EDEN at so many bits a number.

    A block x of a tensor is rotated at random to y, which is about normal of variance :math:`\|x\|^2 / d`. What is sent
    are the nearest centroids q of that distribution's quantiser, and the scale :math:`\|x\|^2 / \langle y, q \rangle`
    as float32; what is decoded is the scale times q, rotated back. The rotation's seed, 64 bits a tensor, is sent too.

    Blocks are powers of two, from the greatest that the tensor has room for downwards; only what is left below 128
    numbers is padded. Rotations are randomised Hadamard ones, as in the authors' code: under uniform rotations the
    mean of what is decoded is x, under these nearly so.

    Raises
    ------
    InputError
        If bits is no whole number from 1 to 8.
    """
    width = as_whole(BITS, bits, "eden bits")
    codec = Codec(
        "eden",
        each_alone(lambda values, generator: _encode(values, width, generator)),
        lambda stream, size, _: _decode(stream, width, size),
    )
    return without_guarantee(
        f"eden:bits={width}",
        codec,
        "the seed of the rotation is known to whoever reads the frame, and all else follows from the update without "
        "chance, so most codes have probability 0 under a neighbour",
    )


def _encode(values: Values, bits: int, generator: Generator) -> bytes:
    seed, unit = int(generator.integers(2**64, dtype=np.uint64)), magnitude(values)
    scaled, levels = values.astype(np.float64) / unit, np.array(centroids(bits))
    codes, scales = [], []
    for start, end, length in _blocks(values.size):
        block = np.zeros(length)
        block[: end - start] = scaled[start:end]
        found, scale = _quantised(rotated(block, seed), levels)
        codes.append(found)
        scales.append(scale)
    packed = np.packbits(_bits(np.concatenate(codes), bits))
    return HEAD.pack(seed, unit) + np.array(scales, SCALE).tobytes() + packed.tobytes()


def _decode(stream: bytes, bits: int, size: int) -> Values:
    seed, unit = HEAD.unpack_from(stream)
    blocks, levels = list(_blocks(size)), np.array(centroids(bits))
    scales = np.frombuffer(stream, SCALE, len(blocks), HEAD.size)
    packed = np.frombuffer(stream, np.uint8, offset=HEAD.size + scales.nbytes)
    ends = np.cumsum([length for *_, length in blocks])
    codes = np.split(_numbers(np.unpackbits(packed, count=int(ends[-1]) * bits), bits), ends[:-1])
    parts = [
        float(scale) * rotated_back(levels[code], seed)[: end - start]
        for (start, end, _), scale, code in zip(blocks, scales, codes, strict=True)
    ]
    with np.errstate(over="ignore"):
        values: Values = unit * np.concatenate(parts)
    return values


def _quantised(rotation: NDArray[np.float64], levels: NDArray[np.float64]) -> tuple[NDArray[np.int64], float]:
    """Return the codes of a rotated vector, and the scale that its centroids are multiplied by."""
    square = float(rotation @ rotation)
    if square == 0:
        return np.zeros(rotation.size, np.int64), 0.0
    codes = nearest(rotation * np.sqrt(rotation.size / square), levels)
    return codes, square / float(rotation @ levels[codes])


def _blocks(size: int) -> Iterator[tuple[int, int, int]]:
    """Yield where each block of a tensor starts and ends, and the power of two that it is padded to."""
    start = 0
    while start < size:
        length = max(1 << (size - start).bit_length() - 1, LEAST_BLOCK)
        yield start, min(start + length, size), length
        start += length


def _bits(codes: NDArray[np.int64], bits: int) -> NDArray[np.uint8]:
    """Return the lowest bits of each code, one after another."""
    return np.unpackbits(codes.astype(np.uint8)[:, np.newaxis], axis=1)[:, 8 - bits :].reshape(-1)


def _numbers(raw: NDArray[np.uint8], bits: int) -> NDArray[np.int64]:
    """Return the codes of `_bits`."""
    whole = np.packbits(np.pad(raw.reshape(-1, bits), ((0, 0), (8 - bits, 0))), axis=1)
    return whole.reshape(-1).astype(np.int64)
