"""What an audit of whole clients was asked: everything that decides its results."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.studies.spec import LEAST_SCORES, REFERENCE, ClientSpec, option, require_scores
from attacks.names import ADVERSARY_NAMES, OWN_NAME, SIGNAL_NAMES, require_known
from fedsz_privacy.core import ranges
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.ranges import Whole
from fedsz_privacy.defences import names

if TYPE_CHECKING:
    from attacks import Adversary, Signal
    from fedsz_privacy.defences.defence import Defence
    from fedsz_privacy.training.rule import TrainingRule

DEFAULT_SIGNALS = (OWN_NAME, "loss", "lira")


@dataclass(frozen=True, kw_only=True)
class ClientsSpec(ClientSpec):
    """The question of an audit of whole clients.

    Parameters
    ----------
    defences : tuple of str
        Strings of defences; ``none`` is put first if it is not among them.
    signals : tuple of str
        What the adversary computes: ``own-update``, or names for `get_signal`, whose mean over a client's records
        stands for the client.
    adversary : str
        A name for `get_adversary`, of an adversary who sees no single update.
    target_rounds : int
        Rounds of federated averaging that the clients take part in.
    client_canaries : int
        Clients whose updates are directions drawn at random, in further trials.
    trials, clients, client_records : int
        Trials; clients that may be in; and records of each.
    earlier_clients, rounds : int
        Clients who make the global model that the others start from, and for how many rounds.

    Raises
    ------
    InputError
        If a number is out of range, a string cannot be read, the adversary sees single updates, or a signal needs them.
    """

    defences: tuple[str, ...] = option(
        (REFERENCE, "dpfedavg:eps=8"),
        "A defence to audit, such as dpfedavg:eps=8 or dpfedavg:eps=8+fedsz:rel=1e-2; repeat it for more. none is "
        "always there.",
        name="release",
        shown="dpfedavg:eps=8",
    )
    signals: tuple[str, ...] = option(
        DEFAULT_SIGNALS,
        "An attack to run: own-update, or one of audit's; repeat it for more.",
        name="signal",
        shown="own-update, loss and lira",
    )
    adversary: str = option("aggregate", "What it sees: aggregate, final-model, or module:NAME.")
    target_rounds: int = option(1, "Rounds that the clients take part in.", within=ranges.COUNT)
    client_canaries: int = option(
        50, "Clients whose updates are directions drawn at random.", within=ranges.COUNT_OR_NONE
    )
    trials: int = option(64, "Times that the clients' federation is played.", within=Whole(8, ranges.MOST))
    clients: int = option(20, "Clients that may be in.", within=Whole(2, ranges.MOST))
    client_records: int = option(40, "Records of each client.", within=ranges.RECORDS)
    earlier_clients: int = option(4, "Clients who train the global model before.", within=ranges.COUNT)
    rounds: int = option(10, "Rounds of federated averaging of theirs.", within=ranges.COUNT)

    def __post_init__(self) -> None:
        super().__post_init__()
        require_scores(self.trials, self.clients, "clients", LEAST_SCORES)
        # Names alone come first: what they name takes seconds to import.
        names.require_known(self.defences)
        require_known("signal", self.signals, (OWN_NAME, *SIGNAL_NAMES))
        require_known("adversary", [self.adversary], ADVERSARY_NAMES)

        from fedsz_privacy.defences.proof import Observer

        object.__setattr__(self, "defences", self.settle_defences(self.defences, self.target_rounds))
        object.__setattr__(self, "signals", tuple(dict.fromkeys(self.signals)))
        if self.get_adversary().observer is not Observer.AGGREGATES:
            raise InputError(
                f"adversary {self.adversary} sees single updates, and so for sure who takes part: choose aggregate or "
                "final-model"
            )
        if blind := [each.name for each in self.get_signals() if each.reads_others]:
            raise InputError(f"signal {blind[0]} reads single updates, which nobody sees here: choose another")

    def get_adversary(self) -> "Adversary":
        """Return the adversary."""
        from attacks import get_adversary

        return get_adversary(self.adversary)

    @property
    def candidates(self) -> int:
        """Who may be in: all clients."""
        return self.clients

    @property
    def repeats(self) -> Sequence[int]:
        """How many times each client takes part when it is in: once."""
        return [1] * self.clients

    def get_signals(self) -> "list[Signal]":
        """Return the signals."""
        from attacks import get_signal
        from attacks.clients.own_update import OWN_UPDATE

        return [OWN_UPDATE if name == OWN_UPDATE.name else get_signal(name) for name in self.signals]

    @property
    def expected_records(self) -> float:
        """Records of a client, a public number."""
        return self.client_records

    def parse_defences(self, rule: "TrainingRule | None" = None) -> "list[Defence]":
        """Return the defences, the undefended one first; a rule replaces the spec's once its claim is known."""
        from fedsz_privacy.defences.defence import parse_defence

        setting = self.setting(self.expected_records, self.target_rounds, self.get_adversary().observer, rule)
        return [parse_defence(name, setting) for name in self.defences]
