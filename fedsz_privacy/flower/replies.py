"""What a client sent back, checked before it is averaged: whoever runs the client may have sent anything."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from time import perf_counter
from typing import TypeVar

from flwr.app import ArrayRecord, Message, MetricRecord
from torch import Tensor

from fedsz_privacy.codec.pipeline import FedSZ
from fedsz_privacy.core.errors import InputError, printable
from fedsz_privacy.core.state import StateDict, is_finite, is_number, nbytes
from fedsz_privacy.defences.norm_limit import shortened
from fedsz_privacy.flower.arrays import moved, read_like, require_names, require_shape, write_state
from fedsz_privacy.flower.envelope import NOTE, Note, unwrap

RATIO, BYTES, ENCODE, DECODE = "fedsz-ratio", "fedsz-bytes", "fedsz-encode-seconds", "fedsz-decode-seconds"
"""Metrics that each reply gains: uncompressed over sent bytes, sent bytes, and seconds on both sides."""

Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Broadcast:
    """What the server sent one client in a round.

    Attributes
    ----------
    state : StateDict
        The parameters.
    digest : bytes
        Digest of the round and of them.
    """

    state: StateDict
    digest: bytes


@dataclass(frozen=True)
class Reply:
    """A reply that can be averaged.

    Attributes
    ----------
    message : Message
        With arrays in the place of the frame, and metrics of the compression.
    client : str
        What the client calls itself, or else its node.
    sent : Broadcast
        What it was sent.
    state : StateDict
        Where its update leads from there.
    form : tuple
        Names of its records and metrics, and lengths of those that are lists; Flower averages replies of one form.
    """

    message: Message
    client: str
    sent: Broadcast
    state: StateDict
    form: tuple[object, ...]


def read_reply(message: Message, sent: Broadcast, codec: FedSZ, weight: str | None, norm_limit: float = inf) -> Reply:
    """Return a reply as one that can be averaged.

    Parameters
    ----------
    message : Message
        The client's, without an error; its content is replaced.
    sent : Broadcast
        What it was sent.
    codec : FedSZ
        Decodes its frame, within the memory that it allows.
    weight : str or None
        Metric that a mean is weighted by, where there is one.
    norm_limit : float
        L2 norm that the update is scaled down to if it is longer.

    Raises
    ------
    InputError or FrameError
        If its frame is damaged, too large or of another round, or its arrays or metrics are not those that were asked
        for, or not finite.
    """
    key, record = _only(message.content.array_records, "arrays")
    metric_key, metrics = _only(message.content.metric_records, "metrics")
    _require_metrics(metrics, weight)
    note = _take_note(message, sent)
    size = max(1, sum(len(array.data) for array in record.values()))
    start = perf_counter()
    state = _within(norm_limit, _read_state(record, note, sent.state, codec), sent.state)
    seconds = perf_counter() - start
    if broken := [name for name, t in state.items() if not is_finite(t) and is_finite(sent.state[name])]:
        raise InputError(f"array {broken[0]!r} is not finite")
    encoding = note.encode_seconds if note else 0.0
    metrics.update({RATIO: nbytes(sent.state) / size, BYTES: size, ENCODE: encoding, DECODE: seconds})
    message.content[key] = write_state(state)
    client = note.client if note else str(message.metadata.src_node_id)
    return Reply(message, client, sent, state, _form(key, metric_key, metrics))


def of_one_form(replies: Sequence[Reply]) -> tuple[list[Reply], list[Reply]]:
    """Return the replies whose records and metrics are named as most are, and the others."""
    most = Counter(each.form for each in replies).most_common(1)
    same = [each for each in replies if most and each.form == most[0][0]]
    return same, [each for each in replies if each not in same]


def _only(records: Mapping[str, Kind], what: str) -> tuple[str, Kind]:
    if len(records) != 1:
        raise InputError(f"the reply holds {len(records)} records of {what}: send exactly one")
    return next(iter(records.items()))


def _require_metrics(metrics: MetricRecord, weight: str | None) -> None:
    for name, value in metrics.items():
        if not all(isfinite(each) for each in (value if isinstance(value, list) else [value])):
            raise InputError(f"metric {printable(name)!r} is {value}: send finite numbers")
    if weight is None:
        return
    share = metrics.get(weight)
    if not isinstance(share, int | float) or share <= 0:
        raise InputError(f"metric {weight!r}, which updates are weighted by, is {share}: send a positive number")


def _take_note(message: Message, sent: Broadcast) -> Note | None:
    """Return what the reply says of itself, taken out of it."""
    record = message.content.config_records.get(NOTE)
    if record is None:
        return None
    del message.content[NOTE]
    note = Note.read(record)
    if note is None:
        raise InputError("the note beside the frame cannot be read: use one version of fedsz-privacy on both sides")
    if note.sent != sent.digest:
        raise InputError("the update was made against other parameters than this round's, or in another round")
    return note


def _read_state(record: ArrayRecord, note: Note | None, sent: StateDict, codec: FedSZ) -> dict[str, Tensor]:
    """Return the parameters that a record leads to: its own, or what was sent and the update of its frame."""
    if (frame := unwrap(record)) is not None:
        if note is None:
            raise InputError("the frame does not say which round's parameters it was made against")
        update = codec.decode(frame)
        _require_alike(update, sent)
        return {name: moved(tensor, update[name]) for name, tensor in sent.items()}
    state = read_like(record, sent)
    _require_alike(state, sent)
    return {name: tensor.to(sent[name].dtype) for name, tensor in state.items()}


def _within(limit: float, state: dict[str, Tensor], sent: StateDict) -> dict[str, Tensor]:
    """Return parameters that an update no longer than a limit leads to: those given, or what a shorter one moves."""
    if limit == inf:
        return state
    update = {name: t.double() - sent[name].double() for name, t in state.items() if t.is_floating_point()}
    short = shortened(update, limit)
    return {**state, **{name: moved(sent[name], t) for name, t in short.items() if t is not update[name]}}


def _require_alike(state: StateDict, sent: StateDict) -> None:
    """Raise InputError unless names, shapes and dtypes are those that were sent."""
    require_names(state, sent)
    for name, tensor in state.items():
        require_shape(name, tuple(tensor.shape), sent)
        _require_dtype(name, tensor, sent)


def _require_dtype(name: str, tensor: Tensor, sent: StateDict) -> None:
    """Raise InputError if a dtype is another one than was sent, but for counters that a server averaged to floats."""
    counter = sent[name].is_floating_point() and not is_number(tensor)
    if tensor.dtype != sent[name].dtype and not counter:
        raise InputError(f"array {name!r} has dtype {tensor.dtype}, and the server sent {sent[name].dtype}: keep it")


def _form(key: str, metric_key: str, metrics: MetricRecord) -> tuple[object, ...]:
    lengths = {name: len(value) if isinstance(value, list) else None for name, value in metrics.items()}
    return (key, metric_key, frozenset(lengths.items()))
