"""The tensors of a state on their way into a frame, taken from the state one by one."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from torch import Tensor

from fedsz_privacy.codec.arrays import to_array
from fedsz_privacy.codec.bounded import Room
from fedsz_privacy.codec.carrying import carried
from fedsz_privacy.codec.exact import raw
from fedsz_privacy.codec.header import Entry, grouped
from fedsz_privacy.codec.lossy import Count, LossyRule, count, is_eligible
from fedsz_privacy.core.state import StateDict

if TYPE_CHECKING:
    from fedsz_privacy.codec.pipeline import FedSZ


@dataclass(frozen=True)
class Noted:
    """What is kept of a tensor when it has passed.

    Attributes
    ----------
    place : int
        Its place in the state.
    entry : Entry
        What the header says of it; the size of its stream is 0 until that is known.
    bound : float
        Its absolute error bound; 0 where nothing may change.
    count : Count
        Its float bytes.
    is_lossy : bool
        Whether it gets a stream of its own.
    """

    place: int
    entry: Entry
    bound: float
    count: Count
    is_lossy: bool


@dataclass(frozen=True)
class Piece:
    """A tensor, and what compresses it if it gets a stream of its own."""

    noted: Noted
    tensor: Tensor
    task: partial[bytes] | None


Unit = tuple[Noted, ...]


def tasks_of(fedsz: "FedSZ", state: StateDict) -> Iterator[tuple[Unit, partial[bytes]]]:
    """Return what each stream of a frame will hold, and what makes the stream.

    Raises
    ------
    InputError
        If a frame cannot carry a tensor, or one alone takes more than ``max_bytes``.
    """
    rule = fedsz.rule(state)
    pieces = (_piece(fedsz, state, name, place, rule) for place, name in enumerate(state))
    for unit in grouped(pieces, lambda piece: piece.task is not None, lambda piece: piece.tensor.nbytes):
        # Bytes reach another process whatever their dtype; torch hands over no tensor of some.
        task = unit[0].task or partial(fedsz.lossless.compress, raw(piece.tensor for piece in unit))
        yield tuple(piece.noted for piece in unit), task


def _piece(fedsz: "FedSZ", state: StateDict, name: str, place: int, rule: LossyRule) -> Piece:
    tensor = carried({name: state[name]})[name]
    fedsz.require_room(tensor.nbytes, f"tensor {name!r} takes {tensor.nbytes} bytes or more to decode")
    is_chosen = is_eligible(tensor, fedsz.threshold) and rule(name, tensor)
    found, task = Room(0, 0), None
    if is_chosen:
        array = to_array(tensor)
        found = Room.of(array, tensor.dtype, fedsz.bound.of(name))
        task = partial(fedsz.compressor.encode, array, found.room) if found.room > 0 else None
    entry = Entry(name, tensor.dtype, tuple(tensor.shape), 0)
    floats = count(tensor, is_chosen, fedsz.threshold)
    return Piece(Noted(place, entry, found.bound, floats, task is not None), tensor, task)
