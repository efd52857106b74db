"""Which records of a set train and which test, at random by a seed."""

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.core.errors import InputError

TEST_SHARE = 0.2


def split_order(count: int, seed: int, where: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the indices of training and of test records, 80/20, each in random order.

    Raises
    ------
    InputError
        If there are too few records to have both.
    """
    if count < 2:
        records = f"{count} record{'' if count == 1 else 's'}"
        raise InputError(f"{where} has {records}: give 2 or more, to train and to test on")
    order = np.random.default_rng(seed).permutation(count)
    held_out = max(1, round(TEST_SHARE * count))
    return order[held_out:], order[:held_out]
