"""Data sets that a package on the disk holds."""

import numpy as np
import torch

from fedsz_privacy.data.images import packed
from fedsz_privacy.data.records import DataSplit, Records
from fedsz_privacy.data.tasks import classification

DIGITS = "digits"
TEST_SHARE = 0.2


def load_digits(seed: int) -> DataSplit:
    """Return scikit-learn's 1,797 grey 8x8 digits, split 80/20 at random."""
    from sklearn import datasets

    bunch = datasets.load_digits()
    order = np.random.default_rng(seed).permutation(len(bunch.target))
    images = packed(torch.from_numpy(bunch.images[order] / bunch.images.max()).float().unsqueeze(1))
    everything = Records((images,), torch.from_numpy(bunch.target[order]).long(), classification(10))
    held_out = round(TEST_SHARE * len(everything))
    return DataSplit(everything.part(held_out, len(everything)), everything.part(0, held_out))
