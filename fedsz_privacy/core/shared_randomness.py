r"""Random numbers that a sender and a receiver both have, because they share a key.

The generator is Philox4x64 of ten rounds (Salmon, Moraes, Dror and Shaw, SC 2011): a block of four words is a function
of a 128-bit key and a 256-bit counter, in integers alone. So both ends have the same words bit for bit, in any process
and on any processor, and each client, round and tensor has a stream of its own, which no other overlaps: the counter's
four words are the block, the tensor, the round and the client.

A word w becomes the number :math:`(\lfloor w / 2^{12} \rfloor + 1/2) \, 2^{-52}`. Floats of 64 bits hold it exactly; it
is never 0 or 1, and lies as densely on one side of 1/2 as on the other.
"""

from dataclasses import dataclass, replace
from math import prod

import numpy as np
from numpy.random import Generator, Philox
from numpy.typing import NDArray

from fedsz_privacy.core.ranges import Whole, require_within

KEYS = Whole(0, 2**128 - 1)
"""Keys: 128 bits."""

WORDS = Whole(0, 2**64 - 1)
"""Numbers of clients, rounds and tensors: a word of the counter each."""

SPARE_BITS = np.uint64(12)


@dataclass(frozen=True)
class SharedRandomness:
    """What one client and the server share in one round.

    Parameters
    ----------
    key : int
        128 bits that the two agreed on beforehand. It never travels with what is sent.
    client, round_number : int
        Which streams of the key; a pair is used once.

    Raises
    ------
    InputError
        If a number has more bits than that.

    Notes
    -----
    Philox passes statistical tests and is no cipher. Where somebody's ignorance of the numbers is to protect anything,
    a deployment needs a cryptographic generator in its place, under the same counter.

    Examples
    --------
    >>> SharedRandomness(key=1, client=3).uniforms(tensor=0, shape=(2,)).tolist()
    [0.31083316661533644, 0.4917648520819736]
    """

    key: int
    client: int = 0
    round_number: int = 0

    def __post_init__(self) -> None:
        require_within(self, {"key": KEYS, "client": WORDS, "round_number": WORDS})

    @classmethod
    def drawn(cls, generator: Generator) -> "SharedRandomness":
        """Return what a simulation shares in one round of one client, drawn from its generator for that."""
        return cls(int.from_bytes(generator.bytes(16), "little"))

    def at(self, client: int, round_number: int) -> "SharedRandomness":
        """Return the streams of another client or round under the same key."""
        return replace(self, client=client, round_number=round_number)

    def words(self, tensor: int, count: int) -> NDArray[np.uint64]:
        """Return the first words of one tensor's stream, shape (count,)."""
        counter = np.array([0, tensor, self.round_number, self.client], np.uint64)
        return Philox(key=self.key, counter=counter).random_raw(count)

    def uniforms(self, tensor: int, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Return numbers between 0 and 1, both excluded, from one tensor's stream."""
        words = self.words(tensor, prod(shape))
        words >>= SPARE_BITS
        numbers = words.astype(np.float64)
        # In place, as updates are large; each step is exact.
        numbers += 0.5
        numbers *= 2.0**-52
        return numbers.reshape(shape)
