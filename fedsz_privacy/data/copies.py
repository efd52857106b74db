"""Functions of a user's own on copies: they may write into what they are given."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class OnCopies:
    """A function that is given copies of tensors, and all else as it is."""

    function: Callable[..., Tensor]

    def __call__(self, *given: Any) -> Tensor:
        """Call it."""
        return self.function(*(each.clone() if isinstance(each, Tensor) else each for each in given))
