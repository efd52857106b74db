"""Work that is done once for each seed, by one worker or by several."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from joblib import delayed

from analysis.reporting.progress import Item, Progress, silent
from analysis.reporting.workers import Workers

Found = TypeVar("Found")


def by_seed(
    work: Callable[[int, Progress], Found], seeds: Sequence[int], workers: Workers, progress: Progress
) -> list[Found]:
    """Return what comes of every seed; one worker shows the rounds of each, several the seeds."""
    if workers.count == 1:
        return [work(seed, partial(_of_seed, seed, progress)) for seed in seeds]
    with workers.pool() as pool:
        return list(progress(_in_waves(work, seeds, workers.count, pool), description="seeds", total=len(seeds)))


def _in_waves(work: Callable[[int, Progress], Found], seeds: Sequence[int], at_once: int, pool: Any) -> Iterator[Found]:
    left = iter(seeds)
    while wave := list(islice(left, at_once)):
        yield from pool(delayed(work)(seed, silent) for seed in wave)


def _of_seed(seed: int, progress: Progress, items: Iterable[Item], description: str, total: int) -> Iterable[Item]:
    return progress(items, description=f"seed {seed}, {description}", total=total)
