"""How long work shows that it goes on."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

Item = TypeVar("Item")


class Progress(Protocol):
    """Wraps the items of a loop and shows how far it has come, as ``rich.progress.track`` does."""

    def __call__(self, items: Iterable[Item], description: str, total: int) -> Iterable[Item]:
        """Yield the items."""
        ...


def silent(items: Iterable[Item], description: str, total: int) -> Iterable[Item]:  # noqa: ARG001
    """Show nothing."""
    return items


def unsaid(line: str) -> None:
    """Tell nobody."""
