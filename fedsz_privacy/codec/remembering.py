"""Which streams of a frame are predicted from the last round, and who may decode them."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from fedsz_privacy.codec.arrays import to_array
from fedsz_privacy.codec.bounded import Room, encode_within
from fedsz_privacy.codec.compressors.base import Compressor
from fedsz_privacy.codec.compressors.predicted import Predicted, shorter
from fedsz_privacy.codec.header import Entry, FrameError, Header
from fedsz_privacy.codec.last_round import LastRound
from fedsz_privacy.codec.workers import in_order
from fedsz_privacy.core.state import StateDict

if TYPE_CHECKING:
    from fedsz_privacy.codec.pipeline import FedSZ

MOST_NAMING = 9
"""Most bytes that the number of a round takes in a frame."""


def encode_tensors(
    fedsz: "FedSZ", chosen: StateDict, last: LastRound | None
) -> tuple[dict[str, Room], dict[str, bytes], int | None]:
    """Return the rooms and the streams of the lossy tensors of a state, and the last round's number if it predicts any.

    Whoever encodes a tensor works its bound out too, so that with several workers this is not left to one process.

    Parameters
    ----------
    fedsz : FedSZ
        The pipeline.
    chosen : StateDict
        The tensors that are lossy if their bounds leave them room; only these have a stream.
    last : LastRound or None
        What may predict them.
    """
    compressor, workers = fedsz.compressor, fedsz.workers
    tasks = (
        (name, partial(encode_within, compressor, to_array(tensor), tensor.dtype, fedsz.bound.of(name)))
        for name, tensor in chosen.items()
    )
    found = dict(in_order(tasks, workers))
    rooms = {name: room for name, (room, _) in found.items()}
    alone = {name: stream for name, (_, stream) in found.items() if stream}
    if last is None:
        return rooms, alone, None
    rests = (
        (name, partial(Predicted(compressor, last.array(name, tensor)).encode_rest, to_array(tensor), rooms[name].room))
        for name, tensor in chosen.items()
        if name in alone
    )
    mixed = mix(alone, dict(in_order(rests, workers)))
    return (rooms, alone, None) if mixed is None else (rooms, mixed, last.number)


def mix(alone: Mapping[str, bytes], rests: Mapping[str, bytes]) -> dict[str, bytes] | None:
    """Return the shorter stream of each tensor, or None if all together save nothing.

    Parameters
    ----------
    alone, rests : mapping of str to bytes
        Streams without a prediction, and with one; the latter are empty where it is of no use.

    Guarantees
    ----------
    A frame is never larger than without the last round: the bytes that name the round are counted.
    """
    mixed = {name: shorter(stream, rests[name]) for name, stream in alone.items()}
    saved = sum(map(len, alone.values())) - sum(map(len, mixed.values()))
    return mixed if saved >= MOST_NAMING else None


def require_last(header: Header, last: LastRound | None) -> None:
    """Raise FrameError if a frame was predicted from another round than the last."""
    number = header.predicted_from
    if number is None or (last is not None and last.number == number):
        return
    here = "decode was given none" if last is None else f"the last round here is {last.number}"
    raise FrameError(f"frame was predicted from round {number}, of which there is no memory here: {here}")


def predicting(decoder: Compressor, header: Header) -> Compressor:
    """Return what decodes the lossy tensors of a frame, but for what each is predicted from."""
    return decoder if header.predicted_from is None else Predicted(decoder, None)


def decoder_of(decoder: Compressor, last: LastRound | None, entry: Entry) -> Compressor:
    """Return what decodes one tensor, with what it is predicted from."""
    if not isinstance(decoder, Predicted) or last is None:
        return decoder
    return replace(decoder, past=last.array(entry.name, entry))
