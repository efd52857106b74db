"""Tensors that are taken one by one, and told of."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from fedsz_privacy.core.state import StateDict


@dataclass(frozen=True)
class TellingState(Mapping[str, Tensor]):
    """A state that tells of each tensor that is asked for.

    Parameters
    ----------
    state : StateDict
        Holds the tensors.
    tell : callable
        Is given the bytes of each.
    """

    state: StateDict
    tell: Callable[[int], None]

    def __getitem__(self, name: str) -> Tensor:
        tensor = self.state[name]
        self.tell(tensor.nbytes)
        return tensor

    def __iter__(self) -> Iterator[str]:
        return iter(self.state)

    def __len__(self) -> int:
        return len(self.state)


def watched(tensors: Iterable[tuple[str, Tensor]], tell: Callable[[int], None]) -> Iterator[tuple[str, Tensor]]:
    """Yield tensors, and tell the bytes of each."""
    for name, tensor in tensors:
        tell(tensor.nbytes)
        yield name, tensor
