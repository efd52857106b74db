"""One thread a process: digits do not depend on how many there are, and parallelism comes from workers."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache

import torch
from threadpoolctl import ThreadpoolController, threadpool_limits


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch, and the libraries of linear algebra below NumPy, compute on one thread; then give the threads back."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(limits=1):
            yield
    finally:
        torch.set_num_threads(threads)


def one_blas_thread() -> AbstractContextManager[object]:
    """Let the linear algebra below NumPy compute on one thread: in small products more wait for each other."""
    limited: AbstractContextManager[object] = _controller().limit(limits=1, user_api="blas")
    return limited


@cache
def _controller() -> ThreadpoolController:
    """Return what finds the libraries once, which takes longer than a small product."""
    return ThreadpoolController()
