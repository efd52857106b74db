"""How long work shows that it goes on."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TypeVar

Item = TypeVar("Item")


class Progress(Protocol):
    """Wraps the items of a loop and shows how far it has come, as ``rich.progress.track`` does."""

    def __call__(self, items: Iterable[Item], description: str, total: int) -> Iterable[Item]:
        """Yield the items."""
        ...


class Gauge(Protocol):
    """Shows how much of an amount is done, for work that has no loop of its own."""

    def __call__(self, description: str, total: int) -> AbstractContextManager[Callable[[int], None]]:
        """Return what to call with each amount that is done."""
        ...


@contextmanager
def unseen(description: str, total: int) -> Iterator[Callable[[int], None]]:  # noqa: ARG001
    """Show nothing."""
    yield lambda _: None


def silent(items: Iterable[Item], description: str, total: int) -> Iterable[Item]:  # noqa: ARG001
    """Show nothing."""
    return items


Say = Callable[[str], None]
"""Tells a person one line."""


def unsaid(line: str) -> None:
    """Tell nobody."""
