"""Random words, and where they come from: a run's seed in experiments, the operating system in deployment."""

import os
from functools import singledispatch

import numpy as np
from numpy.random import PCG64, BitGenerator, Generator
from numpy.typing import NDArray

Words = NDArray[np.uint64]


class SystemGenerator(Generator):
    """A generator for deployment, where somebody may gain from foretelling it.

    `random_words` of it come from the operating system's secure source. Its own distributions are those of PCG64, which
    is no cryptographic generator, seeded from there.
    """

    def __init__(self, bits: BitGenerator | None = None) -> None:
        super().__init__(bits or PCG64())


@singledispatch
def random_words(generator: Generator, count: int) -> Words:
    """Return uniform random words: of a generator's own bits, or of the operating system's for a `SystemGenerator`.

    Parameters
    ----------
    generator : numpy Generator
        Of 64 bits, as all of NumPy's but MT19937 are.
    count : int
        How many.

    Returns
    -------
    uint64 array, shape (count,)
    """
    return np.asarray(generator.bit_generator.random_raw(count), dtype=np.uint64)


@random_words.register
def _(generator: SystemGenerator, count: int) -> Words:  # noqa: ARG001  # only its type matters
    return np.frombuffer(os.urandom(8 * count), dtype=np.uint64)
