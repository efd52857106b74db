"""What the tests of codecs beside FedSZ have in common."""

import numpy as np
import torch

from fedsz_privacy.defences.parsing import parse_release

DETERMINISTIC = ("topk:share=0.05", "int8", "bf16", "sign")
RANDOM = ("qsgd:bits=4", "eden:bits=1", "eden:bits=3", "stochastic:rel=1e-2", "stochastic:abs=1e-2")
UNPROVED = (*DETERMINISTIC, *RANDOM)
RIVALS = (*UNPROVED, "rqm:clip=0.5")


def decoded(name: str, values: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return what a release makes of one tensor."""
    update = {"weight": torch.from_numpy(values)}
    return parse_release(name).apply(update, np.random.default_rng(seed)).update["weight"].numpy()


def mean_of(name: str, values: np.ndarray, times: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of what a release makes of a tensor over so many seeds, and the standard error of that mean."""
    every = np.stack([decoded(name, values, seed) for seed in range(times)])
    return every.mean(axis=0), every.std(axis=0, ddof=1) / np.sqrt(times)
