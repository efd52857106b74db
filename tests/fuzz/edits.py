"""Edits of bytes and numbers, as every mutator uses them."""

import struct
from collections.abc import Callable
from random import Random

Edit = Callable[[Random, bytes], bytes]

NUMBERS = (0, 1, 2, 7, 65, 127, 255, 256, 1023, 1025, 2**15, 2**16, 2**20, 2**24, 700_000_000)
EDGES = tuple(2**bits + step for bits in (31, 32, 62, 63, 64) for step in (-1, 0, 1))
FLOATS = tuple(int.from_bytes(struct.pack("<d", x), "little") for x in (float("nan"), float("inf"), -1, 1e-320, 1e308))
WIDTHS = (1, 2, 4, 8)


def edit_bytes(rng: Random, data: bytes) -> bytes:
    """Return bytes with one place changed: a bit, a byte, an integer, some cut out, some put in."""
    place = rng.randrange(len(data) + 1)
    before, after = data[:place], data[place:]
    width = rng.choice(WIDTHS)
    number = rng.choice((*NUMBERS, *EDGES, *FLOATS, len(data), place)) % 256**width
    return rng.choice(
        (
            before + bytes(byte ^ 1 << rng.randrange(8) for byte in after[:1]) + after[1:],
            before + number.to_bytes(width, "little") + after[width:],
            before + rng.randbytes(width) + after[width:],
            before + rng.randbytes(width) + after,
            before + after[rng.randrange(32) :],
            before,
            before + after[:8] * rng.randrange(200) + after,
        )
    )


def number(rng: Random, near: int) -> int:
    """Return a number: near another one, one that often goes wrong, or any."""
    return rng.choice(
        (max(near + rng.choice((-1, 1)), 0), near * 2, rng.choice(NUMBERS), rng.choice(EDGES), rng.getrandbits(16))
    )


def lengthen(rng: Random, data: bytes) -> bytes:
    """Return bytes with zeros behind them, which compress to next to nothing."""
    return data + bytes(rng.choice((1, 2**12, 2**16, 2**20)))


def inflate(rng: Random, data: bytes) -> bytes:
    """Return bytes with zeros behind them, now and then more than any receiver allows."""
    return data + bytes(rng.choice((2**12, 2**16, 2**20, 2**24)))
