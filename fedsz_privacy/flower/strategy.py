"""The server's side: a strategy that reads frames, and leaves the rest to the strategy within it."""

import math
from collections.abc import Iterable, Iterator
from logging import getLogger
from pathlib import Path
from typing import Any

from flwr.app import ArrayRecord, ConfigRecord, Message, MetricRecord
from flwr.serverapp import Grid
from flwr.serverapp.strategy import Strategy

from fedsz_privacy.codec.bounds import ErrorBound
from fedsz_privacy.codec.header import FrameError
from fedsz_privacy.codec.names import DEFAULT_MAX_BYTES
from fedsz_privacy.codec.pipeline import FedSZ
from fedsz_privacy.core.errors import InputError, printable
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.flower.arrays import read_state, write_state
from fedsz_privacy.flower.envelope import digest, mark
from fedsz_privacy.flower.order import (
    fewest_clients,
    require_clippable,
    require_clipping_behind,
    require_outermost_strategy,
    within,
)
from fedsz_privacy.flower.recording import RoundRecorder
from fedsz_privacy.flower.replies import Broadcast, Reply, of_one_form, read_reply

LOG = getLogger("flwr")

LONGEST_REASON = 300
"""Characters of a client's own words that are logged."""


class FedSZStrategy(Strategy):
    """A strategy around another one, which it gives decoded updates as the parameters that they lead to.

    It stands outermost, Flower's wrappers for differential privacy within it. A reply that cannot be averaged is left
    out with its reason in the log, and the round goes on without it; so is an error. Where fewer are left than a
    wrapper's ``num_sampled_clients``, for which it scales its noise, the round is not aggregated. Aggregated arrays
    get back the dtypes that were sent, so that counters stay integers.

    The metrics of a round gain ``fedsz-ratio`` (uncompressed over sent bytes), ``fedsz-bytes``,
    ``fedsz-encode-seconds`` and ``fedsz-decode-seconds`` of a client, averaged as the others are.

    Parameters
    ----------
    inner : Strategy
        Any strategy of Flower's message API.
    max_bytes : int
        Most memory that decoding one frame may take, as `FedSZ` has it.
    norm_limit : float
        L2 norm that an update's float arrays together are scaled down to if they are longer, so that no client counts
        for more: what `fedsz_privacy.defences.norm_limit.norm_limit` gives for the noise that clients add.
    record : path, optional
        Folder of a recording that each round is added to, as the server decoded it. What releases of other bounds
        would have done to the updates can be asked of a recording under ``fedsz_mod("none")``.
    **about
        What a recording says of itself, the keyword arguments of `fedsz_privacy.federation.Recorder`: ``model`` and
        ``data`` at least, and ``members``, by the number of each client's partition, where it has one, as a string.

    Raises
    ------
    InputError
        If ``inner`` adds noise for updates that clients clipped before they were compressed, the limit is not positive,
        a recording cannot be begun, or, in the first round, a wrapper for differential privacy stands outside.
    """

    def __init__(
        self,
        inner: Strategy,
        max_bytes: int = DEFAULT_MAX_BYTES,
        norm_limit: float = math.inf,
        record: Path | str | None = None,
        **about: Any,
    ) -> None:
        if not isinstance(inner, Strategy):
            raise InputError(f"FedSZStrategy wraps a {type(inner).__name__}: give it a strategy of flwr.serverapp")
        require_clipping_behind(inner)
        if not norm_limit > 0:
            raise InputError(f"norm limit {norm_limit}: choose a positive number")
        self.inner, self._norm_limit = inner, norm_limit
        self._weight = next((each.weighted_by_key for each in within(inner) if hasattr(each, "weighted_by_key")), None)
        # A frame says itself which bound it was made under; decoding reads none.
        self._codec = FedSZ(ErrorBound.rel(1e-2), max_bytes=max_bytes)
        self._recorder = RoundRecorder.begin(record, about)
        self._sent: dict[int, Broadcast] = {}

    def __repr__(self) -> str:
        return f"FedSZStrategy({self.inner!r})"

    def summary(self) -> None:
        """Log the settings of both."""
        LOG.info("\t├──> FedSZ: a frame may take %d bytes of memory to decode", self._codec.max_bytes)
        self.inner.summary()

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Return the inner strategy's messages, which then say that frames are read, and keep what they hold."""
        require_outermost_strategy()
        messages = list(self.inner.configure_train(server_round, arrays, config, grid))
        once: dict[int, Broadcast] = {}
        self._sent = {}
        for message in messages:
            mark(message, server_round)
            record = _only_arrays(message, self.inner)
            if id(record) not in once:
                once[id(record)] = Broadcast(read_state(record), digest(record, server_round))
            self._sent[message.metadata.dst_node_id] = once[id(record)]
        if self._recorder:
            self._recorder.require_recordable(server_round, list(self._sent.values()))
        return messages

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """Decode the replies, leave out those that cannot be averaged, and aggregate by the inner strategy."""
        sound, odd = of_one_form(list(self._read(server_round, replies)))
        for each in odd:
            _leave_out(
                server_round, each.message, "its records and metrics are not named and long as most clients' are"
            )
        if self._recorder and sound:
            self._recorder.record(server_round, sound)
        if len(sound) < (least := fewest_clients(self.inner)):
            LOG.warning("round %d is not aggregated: it has %d sound updates of %d", server_round, len(sound), least)
            return None, None
        arrays, metrics = self.inner.aggregate_train(server_round, [each.message for each in sound])
        return arrays and _restored(arrays, sound[0].sent.state), metrics

    def configure_evaluate(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Return the inner strategy's messages."""
        messages: Iterable[Message] = self.inner.configure_evaluate(server_round, arrays, config, grid)
        return messages

    def aggregate_evaluate(self, server_round: int, replies: Iterable[Message]) -> MetricRecord | None:
        """Aggregate by the inner strategy."""
        return self.inner.aggregate_evaluate(server_round, replies)

    def _read(self, server_round: int, replies: Iterable[Message]) -> Iterator[Reply]:
        """Yield the replies that can be averaged, at most one from each client, and log why others cannot."""
        for reply in replies:
            sent = self._sent.pop(reply.metadata.src_node_id, None)
            try:
                if reply.has_error():
                    raise InputError(printable(str(reply.error.reason))[:LONGEST_REASON])
                if sent is None:
                    raise InputError("no reply of it is awaited in this round")
                read = read_reply(reply, sent, self._codec, self._weight, self._norm_limit)
                require_clippable(self.inner, sent.state, read.state)
                yield read
            except (InputError, FrameError) as error:
                _leave_out(server_round, reply, str(error))


def _leave_out(server_round: int, reply: Message, reason: str) -> None:
    node = reply.metadata.src_node_id
    LOG.warning("round %d: node %d is left out of the aggregate: %s", server_round, node, reason)


def _only_arrays(message: Message, strategy: Strategy) -> ArrayRecord:
    records = list(message.content.array_records.values())
    if len(records) != 1:
        raise InputError(f"{type(strategy).__name__} sends {len(records)} records of arrays: FedSZStrategy reads one")
    return records[0]


def _restored(arrays: ArrayRecord, sent: StateDict) -> ArrayRecord:
    """Return aggregated arrays in the dtypes that were sent, averages of integers and bools rounded."""
    if set(arrays) != set(sent):
        return arrays
    state = {name: tensor for name, tensor in read_state(arrays).items() if tensor.dtype != sent[name].dtype}
    rounded = {name: t if sent[name].is_floating_point() else t.round() for name, t in state.items()}
    restored = write_state({name: t.to(sent[name].dtype) for name, t in rounded.items()})
    return ArrayRecord({name: restored.get(name, array) for name, array in arrays.items()})
