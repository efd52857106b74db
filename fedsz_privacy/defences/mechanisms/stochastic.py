"""Stochastic rounding onto the grid that FedSZ rounds to the nearest point of."""

import struct

import numpy as np
from numpy.random import Generator

from fedsz_privacy.codec.bounds import ErrorBound
from fedsz_privacy.codec.compressors.exceptions import pack, unpack
from fedsz_privacy.codec.integer_codes import decode_integers, encode_integers
from fedsz_privacy.core.numbers import write_number
from fedsz_privacy.defences.mechanisms.sending import Codec, Values, each_alone
from fedsz_privacy.defences.mechanisms.unproved import without_guarantee
from fedsz_privacy.defences.one_bound import one_bound
from fedsz_privacy.defences.release import Release

STEP = struct.Struct("<d")
LARGEST = 2.0**52
"""Multiples of a step from which on every number is on the grid, as far as 64 bits tell; such numbers are kept."""


def stochastic(**bound: float) -> Release:
    r"""Return stochastic rounding, ``stochastic(rel=1e-2)`` or ``stochastic(abs=1e-4)``.

    The grid has steps of w = 2 eb, as that of FedSZ at the bound eb. A number x at a share f of the way from the grid
    point below to the one above goes up with probability f: its mean is x, and its error is (1 - f) w with probability
    f and -f w otherwise, so within w, twice the bound, and of variance f (1 - f) w**2.

    Raises
    ------
    InputError
        If not exactly one bound is given, or it is out of range.
    """
    asked = one_bound("stochastic", bound, "1e-4")
    return without_guarantee(
        f"stochastic:{asked.mode}={write_number(asked.value)}",
        Codec("stochastic", each_alone(lambda values, generator: _encode(values, asked, generator)), _decode, _step),
        "a number can only become one of the two grid points around it, so what it becomes has probability 0 under a "
        "neighbour that lies between two others",
    )


def _encode(values: Values, bound: ErrorBound, generator: Generator) -> bytes:
    step = 2 * bound.absolute(values)
    if step == 0:
        step = float(np.abs(values).max())  # Equal numbers are a step each, or 0.
    with np.errstate(over="ignore"):
        scaled = values.astype(np.float64) / (step or 1.0)
    kept = np.abs(scaled) >= LARGEST
    scaled[kept] = 0
    below = np.floor(scaled)
    codes = below + (generator.random(values.size) < scaled - below)
    return STEP.pack(step) + pack(encode_integers(codes.astype(np.int64)), values, kept)


def _decode(stream: bytes, size: int, dtype: np.dtype[np.floating]) -> Values:
    codes, kept = unpack(stream[STEP.size :], size, dtype)
    return kept.restore(_step(stream) * decode_integers(codes, size))


def _step(stream: bytes) -> float:
    (step,) = STEP.unpack_from(stream)
    return float(step)
