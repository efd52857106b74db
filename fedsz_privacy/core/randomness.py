"""Every random choice of a run, drawn from one seed along a named path."""

from enum import IntEnum

import numpy as np
from numpy.random import Generator


class Purpose(IntEnum):
    """What a random stream is for; append, never reorder, or old runs no longer repeat."""

    FEDERATION = 0
    TRIAL = 1
    RELEASE = 2
    NEIGHBOUR = 3
    BOOTSTRAP = 4
    PARTITION = 5
    TRAINING = 6
    ROUND = 7
    CANARY = 8
    BOUND = 9
    RECORD_CANARY = 10
    CLAIM = 11
    AGGREGATION = 12
    CLIENT = 13
    EXPECTED_UPDATE = 14


def generator(seed: int, purpose: Purpose, *path: int) -> Generator:
    """Return the generator of one purpose, and along the path of one round, trial or release within it.

    The same arguments give the same stream whatever was drawn before, so work can be skipped, split and resumed.

    Raises
    ------
    ValueError
        If a number of the path takes more than 32 bits: NumPy would take it for two, and so for another path.
    """
    if not all(0 <= place < 2**32 for place in path):
        raise ValueError(f"path {path} has a number that takes more than 32 bits")
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(purpose, *path)))
