"""Tasks on worker processes: pysz holds the interpreter's lock while it codes, so that threads would wait in line."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NoReturn, TypeVar

from joblib import Parallel, delayed, parallel_config

Note = TypeVar("Note")
Result = TypeVar("Result")

AHEAD = 2
"""Tasks that are handed out for each worker, so that none waits for its next."""


def in_order(tasks: Iterable[tuple[Note, Callable[[], Result]]], workers: int) -> Iterator[tuple[Note, Result]]:
    """Return the results of tasks in their order, each with the note that came with it.

    They are worked out by so many processes, or by this one if ``workers`` is 1. Tasks are taken as workers become
    free, `AHEAD` for each. Arrays of more than a megabyte reach the workers through shared memory. The processes are
    kept for the next call, and end by themselves when idle.
    """
    if workers == 1:
        for note, task in tasks:
            yield note, task()
        return
    notes: deque[Note] = deque()
    with parallel_config("loky", n_jobs=workers, inner_max_num_threads=1):
        pool = Parallel(return_as="generator", pre_dispatch=AHEAD * workers, batch_size=1)
        results = pool(delayed(task)() for task in _noted(tasks, notes))
        yield from ((notes.popleft(), result) for result in results)


def _noted(tasks: Iterable[tuple[Note, Callable[[], Result]]], notes: deque[Note]) -> Iterator[Callable[[], Result]]:
    """Return the tasks and keep their notes; what goes wrong on the way to a task is raised in its place.

    Joblib takes tasks on a thread of its own, where an error would be lost.
    """
    try:
        for note, task in tasks:
            notes.append(note)
            yield task
    except Exception as error:  # raised again where the result is taken
        yield partial(_raise, error)


def _raise(error: Exception) -> NoReturn:
    raise error
