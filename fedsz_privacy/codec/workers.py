"""Tasks on worker processes: pysz holds the interpreter's lock while it codes, so that threads would wait in line."""

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache, partial
from multiprocessing import resource_tracker
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import numpy as np
from joblib.externals.loky import ProcessPoolExecutor

from fedsz_privacy.codec.shared_arrays import Place, Slot, memory_folder
from fedsz_privacy.core.errors import InputError

Note = TypeVar("Note")
Result = TypeVar("Result")

AHEAD = 2
"""Tasks that each process has at a time: one that it does, and its next."""

SMALL = 2**18
"""Bytes of a task's arguments below which it is done here: to hand it over takes as long."""

IDLE_SECONDS = 300
SETTINGS = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    # Left to itself, the C library gives memory back after each tensor, and takes it again page by page.
    "MALLOC_MMAP_THRESHOLD_": str(2**25),
    "MALLOC_TRIM_THRESHOLD_": str(2**28),
}
"""Environment of the processes."""


def in_order(tasks: Iterable[tuple[Note, partial[Result]]], workers: int) -> Iterator[tuple[Note, Result]]:
    """Return the results of tasks in their order, each with the note that came with it.

    They are worked out by so many processes. With several, this one hands tasks over, and does small ones alone: were
    it to do others as well, its own compressor would hold the lock that the threads which hand over wait for. Large
    arrays among their arguments reach the others through shared memory. The processes are kept for the next call, and
    end by themselves when idle.
    """
    if workers == 1:
        for note, task in tasks:
            yield note, task()
        return
    pool = _pool(workers)
    with TemporaryDirectory(prefix="fedsz-", dir=memory_folder()) as folder:
        free: SimpleQueue[Slot] = SimpleQueue()
        for place in range(AHEAD * workers):
            free.put(Slot(Path(folder) / str(place)))
        waiting: deque[tuple[Note, Future[Result]]] = deque()
        for note, task in tasks:
            waiting.append((note, _done_here(task) if _is_small(task) else _handed_over(task, free, pool)))
            while waiting and waiting[0][1].done():
                yield _first(waiting)
        while waiting:
            yield _first(waiting)


def _put_back(free: "SimpleQueue[Slot]", slot: Slot, _: object) -> None:
    free.put(slot)


def _first(waiting: "deque[tuple[Note, Future[Result]]]") -> tuple[Note, Result]:
    note, future = waiting.popleft()
    with _one_line_when_killed():
        return note, future.result()


@contextmanager
def _one_line_when_killed() -> Iterator[None]:
    """Say in one line that a worker was killed, and let the next call start others."""
    try:
        yield
    except BrokenProcessPool:
        _pool.cache_clear()
        raise InputError("a worker was killed, as by a system short of memory: take fewer workers") from None


def _is_small(task: partial[Any]) -> bool:
    """Return whether there is little to hand over with a task."""
    arrays = (np.frombuffer(each, np.uint8) if isinstance(each, bytes) else each for each in task.args)
    return sum(each.nbytes for each in arrays if isinstance(each, np.ndarray)) < SMALL


def _done_here(task: partial[Result]) -> "Future[Result]":
    future: Future[Result] = Future()
    future.set_result(task())
    return future


def _handed_over(task: partial[Result], free: "SimpleQueue[Slot]", pool: ProcessPoolExecutor) -> "Future[Result]":
    # Whichever task ends first frees its slot: behind a large array the other processes go on.
    slot = free.get()
    arguments = tuple(slot.put(each) for each in task.args)
    with _without_interrupts(), _one_line_when_killed():
        future: Future[Result] = pool.submit(_run, task.func, arguments)
    future.add_done_callback(partial(_put_back, free, slot))
    return future


def _run(function: Callable[..., Result], arguments: tuple[Any, ...]) -> Result:
    return function(*(each.read() if isinstance(each, Place) else each for each in arguments))


@cache
def _pool(workers: int) -> ProcessPoolExecutor:
    # Where it is not there yet, starting a worker starts it first, and lets Ctrl-C through again.
    resource_tracker.ensure_running()
    return ProcessPoolExecutor(workers, timeout=IDLE_SECONDS, env=SETTINGS)


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Hold Ctrl-C back, here for so long, and for good in processes that start meanwhile.

    It reaches them too, already while they start; this process hears it, and ends them.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
