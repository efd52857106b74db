"""Which streams of a frame are predicted from the last round, and who may decode them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from fedsz_privacy.codec.compressors.base import Compressor
from fedsz_privacy.codec.compressors.predicted import Array, Predicted, shorter
from fedsz_privacy.codec.header import Entry, FrameError, Header
from fedsz_privacy.codec.last_round import LastRound
from fedsz_privacy.codec.workers import in_order
from fedsz_privacy.core.state import StateDict

MOST_NAMING = 9
"""Most bytes that the number of a round takes in a frame."""

Encode: TypeAlias = Callable[[Array, float], bytes]


def encode_arrays(
    compressor: Compressor,
    arrays: Mapping[str, tuple[Array, float]],
    state: StateDict,
    last: LastRound | None,
    workers: int,
) -> tuple[dict[str, bytes], int | None]:
    """Return the streams of the lossy tensors of a state, and the number of the last round if it predicts any.

    Parameters
    ----------
    compressor : Compressor
        What encodes them.
    arrays : mapping of str to (array, float)
        The tensors as arrays, and their bounds.
    state : StateDict
        The state that they are of.
    last : LastRound or None
        What may predict them.
    workers : int
        Number of processes.
    """

    def run(encoder: Callable[[str], Encode]) -> dict[str, bytes]:
        return dict(in_order(((name, partial(encoder(name), *each)) for name, each in arrays.items()), workers))

    alone = run(lambda _: compressor.encode)
    if last is None:
        return alone, None
    rests = run(lambda name: Predicted(compressor, last.array(name, state[name])).encode_rest)
    mixed = mix(alone, rests)
    return (alone, None) if mixed is None else (mixed, last.number)


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
