"""A user's own code beside that of others, in one process."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.random import Generator

from fedsz_privacy.training.modes import drawing_from


@contextmanager
def isolated(seed: int) -> Iterator[None]:
    """Seed what torch, NumPy and Python draw globally, and put back afterwards whatever is set for the whole process.

    That is the state of those generators, torch's default dtype, its threads and whether it differentiates, and what
    NumPy does of floating-point errors.
    """
    dtype, threads = torch.get_default_dtype(), torch.get_num_threads()
    with drawing_from(seed), np.errstate(), torch.set_grad_enabled(torch.is_grad_enabled()):
        try:
            yield
        finally:
            torch.set_default_dtype(dtype)
            torch.set_num_threads(threads)


def child_seed(generator: Generator) -> int:
    """Return a seed from a child of a generator, which goes on as if nothing had been drawn."""
    (child,) = generator.spawn(1)
    return int(child.integers(2**63))
