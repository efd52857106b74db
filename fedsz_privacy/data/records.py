"""Records: what a client holds, whatever they are made of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.data.tasks import Task

PARTS = ("train", "test")
"""What the two parts of a `DataSplit` are called where records come from."""


@dataclass(frozen=True)
class Records:
    """Records with what a model is to make of them.

    Parameters
    ----------
    inputs : tuple of Tensor
        What the model is called with, in order, each with records along the first axis: images (records, channels,
        height, width), rows of a table (records, columns), tokens (records, length).
    targets : Tensor
        What it should make of each record, as the task reads it, records along the first axis.
    task : Task
        What the model is for.
    """

    inputs: tuple[Tensor, ...]
    targets: Tensor
    task: Task

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one record's first input: channels, height and width of an image, or the columns of a table."""
        return tuple(self.inputs[0].shape[1:])

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shape of each input of one record."""
        return tuple(tuple(each.shape[1:]) for each in self.inputs)

    def part(self, start: int, stop: int | None) -> "Records":
        """Return the records from ``start`` up to ``stop``, or to the end."""
        return self._each(lambda tensor: tensor[start:stop])

    def select(self, chosen: NDArray[np.bool_] | NDArray[np.int64] | Tensor) -> "Records":
        """Return the records that a bool array of shape (records,) marks, or that indices name, in their order."""
        picked = torch.as_tensor(chosen).to(self.targets.device)
        return self._each(lambda tensor: tensor[picked])

    def to(self, device: torch.device) -> "Records":
        """Return the same records in the memory of a device."""
        return self._each(lambda tensor: tensor.to(device))

    def copied(self) -> "Records":
        """Return a copy that its holder may write into."""
        return self._each(Tensor.clone)

    def resized(self, side: int) -> "Records":
        """Return images scaled to side x side, bilinearly.

        Raises
        ------
        InputError
            If the records are no images.
        """
        if len(self.shape) != 3 or not self.inputs[0].is_floating_point():
            raise InputError(f"side {side}: records of shape {self.shape} are no images, leave it at 0")
        images = interpolate(self.inputs[0], size=(side, side), mode="bilinear", antialias=True)
        return replace(self, inputs=(images, *self.inputs[1:]))

    def _each(self, change: Callable[[Tensor], Tensor]) -> "Records":
        return Records(tuple(map(change, self.inputs)), change(self.targets), self.task)


def join(parts: Sequence[Records]) -> Records:
    """Return the records of sets of one kind, one set after another."""
    inputs = tuple(torch.cat(each) for each in zip(*(part.inputs for part in parts), strict=True))
    return Records(inputs, torch.cat([part.targets for part in parts]), parts[0].task)


@dataclass(frozen=True)
class DataSplit:
    """Training and test records, each in random order.

    Parameters
    ----------
    train, test : Records
        Of one kind.
    notices : tuple of str
        What a reader should know of how they were read, one line each.
    """

    train: Records
    test: Records
    notices: tuple[str, ...] = field(default=(), kw_only=True)

    def with_notices(self, *notices: str) -> "DataSplit":
        """Return the same records with more to know of them."""
        return replace(self, notices=(*self.notices, *notices))

    def to(self, device: torch.device) -> "DataSplit":
        """Return the same records in the memory of a device."""
        return replace(self, train=self.train.to(device), test=self.test.to(device))

    def resized(self, side: int) -> "DataSplit":
        """Return images scaled to side x side, bilinearly.

        Raises
        ------
        InputError
            If the records are no images.
        """
        return replace(self, train=self.train.resized(side), test=self.test.resized(side))
