"""Clients who train side by side: where they start, and what each of their steps sees."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor

from fedsz_privacy.core.state import StateDict, expand
from fedsz_privacy.data.records import Records


@dataclass(frozen=True, eq=False)
class Clients:
    """What clients train from and on.

    Parameters
    ----------
    states : StateDict
        What they start from, each tensor of shape (clients, ...), or (1, ...) if all start from one.
    records : Records
        What the batches index.
    batches : int64 array, shape (clients, steps, batch size)
        Indices of records as a rule draws them, and `ABSENT`; those from ``len(records)`` on are canaries.
    generators : sequence of Generator
        One for each client, for whatever else is random in its training, so that it depends on no other client: those
        that drew the batches, or others that are independent of them, never fresh copies.
    """

    states: StateDict
    records: Records
    batches: NDArray[np.int64]
    generators: Sequence[Generator]

    @property
    def starts(self) -> dict[str, Tensor]:
        """What each client starts from, every tensor of shape (clients, ...), without gradients."""
        return {name: tensor.detach() for name, tensor in expand(self.states, len(self.batches)).items()}

    def each(self) -> Iterator["Clients"]:
        """Yield every client by itself."""
        starts = self.starts
        for row, generator in enumerate(self.generators):
            one = {name: tensor[row : row + 1] for name, tensor in starts.items()}
            yield Clients(one, self.records, self.batches[row : row + 1], [generator])
