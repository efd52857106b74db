"""The server's side: a strategy that reads frames, and leaves the rest to the strategy within it."""

from collections.abc import Iterable, Iterator
from logging import getLogger

from flwr.app import ArrayRecord, ConfigRecord, Message, MetricRecord
from flwr.serverapp import Grid
from flwr.serverapp.strategy import Strategy

from fedsz_privacy.codec.bounds import ErrorBound
from fedsz_privacy.codec.budget import DEFAULT_MAX_BYTES
from fedsz_privacy.codec.frame import FrameError
from fedsz_privacy.codec.pipeline import FedSZ
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.flower.arrays import read_state, write_state
from fedsz_privacy.flower.envelope import digest, mark
from fedsz_privacy.flower.order import (
    fewest_clients,
    require_clipping_behind,
    require_outermost_strategy,
    within,
)
from fedsz_privacy.flower.replies import Reply, Sent, of_one_form, read_reply

LOG = getLogger("flwr")


class FedSZStrategy(Strategy):
    """A strategy around another one, which it gives decoded updates as the parameters that they lead to.

    It stands outermost, Flower's wrappers for differential privacy within it. A reply that cannot be averaged is left
    out with its reason in the log, and the round goes on without it; so is an error. Where fewer are left than a
    wrapper's ``num_sampled_clients``, for which it scales its noise, the round is not aggregated. Aggregated arrays
    get back the dtypes that were sent, so that counters stay integers.

    The metrics of each round gain ``fedsz-ratio`` (uncompressed over sent bytes), ``fedsz-bytes``,
    ``fedsz-encode-seconds`` and ``fedsz-decode-seconds``, averaged as the others are.

    Parameters
    ----------
    inner : Strategy
        Any strategy of Flower's message API.
    max_bytes : int
        Most memory that decoding one frame may take, as `FedSZ` has it.

    Raises
    ------
    InputError
        If ``inner`` adds noise for updates that clients clipped before they were compressed, or, in the first round,
        if a wrapper for differential privacy stands outside.
    """

    def __init__(self, inner: Strategy, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        if not isinstance(inner, Strategy):
            raise InputError(f"FedSZStrategy wraps a {type(inner).__name__}: give it a strategy of flwr.serverapp")
        require_clipping_behind(inner)
        self.inner = inner
        self._weight = next((each.weighted_by_key for each in within(inner) if hasattr(each, "weighted_by_key")), None)
        # A frame says itself which bound it was made under; decoding reads none.
        self._codec = FedSZ(ErrorBound.rel(1e-2), max_bytes=max_bytes)
        self._sent: dict[int, Sent] = {}

    def __repr__(self) -> str:
        return f"FedSZStrategy({self.inner!r})"

    def summary(self) -> None:
        """Log the settings of both."""
        LOG.info("\t├──> FedSZ: reads frames of up to %d bytes in memory", self._codec.max_bytes)
        self.inner.summary()

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Return the inner strategy's messages, which then say that frames are read, and remember what they hold."""
        require_outermost_strategy()
        messages = list(self.inner.configure_train(server_round, arrays, config, grid))
        states: dict[int, Sent] = {}
        for message in messages:
            mark(message, server_round)
            record = _only_arrays(message)
            sent = states.get(id(record)) or Sent(read_state(record), digest(record, server_round))
            self._sent_to(message, states.setdefault(id(record), sent))
        return messages

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """Decode the replies, leave out those that cannot be averaged, and aggregate by the inner strategy."""
        sound, odd = of_one_form(list(self._read(server_round, replies)))
        for each in odd:
            _leave_out(server_round, each.message, "its records and metrics are named otherwise than most clients' are")
        if len(sound) < (least := fewest_clients(self.inner)):
            LOG.warning("round %d is not aggregated: %d sound updates, %d needed", server_round, len(sound), least)
            return None, None
        arrays, metrics = self.inner.aggregate_train(server_round, [each.message for each in sound])
        return _restored(arrays, sound[0].state), metrics
