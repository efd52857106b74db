"""What a federation was asked: everything that decides its results."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.reporting.numbers import count
from analysis.studies.spec import REFERENCE, ClientSpec, option
from fedsz_privacy.core import ranges
from fedsz_privacy.federation.payload import Payload, find_payload, require_fit

if TYPE_CHECKING:
    from fedsz_privacy.defences.defence import Defence
    from fedsz_privacy.training.rule import TrainingRule


@dataclass(frozen=True, kw_only=True)
class RoundsSpec(ClientSpec):
    """The rounds of a federation: what its clients hold, how they train and how often they send, before any defence.

    Parameters
    ----------
    model : str
        A name for `build_model`.
    partition : str
        A name for `parse_partition`.
    clients, records, test_records, rounds : int
        Number of clients, training records of all of them together, test records, and rounds.

    Raises
    ------
    InputError
        If a number is out of range or a string cannot be read.
    """

    model: str = option("cnn", "mlp, cnn, lstm, transformer, alexnet, mobilenetv2, resnet50, or module:factory.")
    partition: str = option("iid", "iid, or dirichlet:0.5 for skewed clients.")
    clients: int = option(4, "Clients.", within=ranges.COUNT)
    records: int = option(1200, "Most training records of all clients together.", within=ranges.RECORDS)
    test_records: int = option(1000, "Most test records.", within=ranges.RECORDS)
    rounds: int = option(10, "Rounds of federated averaging.", within=ranges.COUNT)

    def __post_init__(self) -> None:
        from fedsz_privacy.federation.partition import require_partition

        super().__post_init__()
        require_partition(self.partition)

    @property
    def in_words(self) -> str:
        """What is trained on what, for titles."""
        return f"{self.model} on {Path(self.data).name}, {count(self.clients, 'client')}, {self.partition}"

    def rounds_in_words(self, records: int) -> str:
        """Return who trains on so many records, and how often, for pages."""
        clients, held = count(self.clients, "client"), count(records, "training record")
        return f"{clients}, {self.partition}, {held}, {count(self.rounds, 'round')} of federated averaging"

    @property
    def expected_records(self) -> float:
        """An even share: a public number that stands for how many records a client holds."""
        return self.records / self.clients


@dataclass(frozen=True, kw_only=True)
class FederationSpec(RoundsSpec):
    """A federation's question.

    Parameters
    ----------
    defences : tuple of str
        Strings of releases or other defences; ``none`` is put first if it is not among them. Each is run on its own,
        from the same initial weights and with the same batches.
    payload : Payload
        What a client sends through its release.

    Raises
    ------
    InputError
        If a number is out of range, a string cannot be read, or a release has a proof that the payload does not fit.
    """

    defences: tuple[str, ...] = option(
        (REFERENCE, "fedsz:rel=1e-2"),
        "A defence that updates go through, such as fedsz:rel=1e-2 or dpsgd:eps=8; repeat it for more. none is always "
        "run.",
        name="release",
        shown="fedsz:rel=1e-2",
    )
    payload: Payload = option(  # noqa: RUF009  # a field, as those of plain types are
        Payload.UPDATE, "What a client sends through the release: its update, or its whole state after training."
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "payload", find_payload(self.payload))
        object.__setattr__(self, "defences", self.settle_defences(self.defences, self.rounds))

        from fedsz_privacy.defences.proof import Composition
        from fedsz_privacy.defences.reading import releases_of

        require_fit(self.payload, releases_of(self.defences, Composition(self.delta, self.rounds)))

    def parse_defences(self, rule: "TrainingRule | None" = None) -> "list[Defence]":
        """Return the defences, the undefended one first; a rule replaces the spec's once its claim is known."""
        from fedsz_privacy.defences.defence import parse_defence, strongest_observer

        return [
            parse_defence(name, self.setting(self.expected_records, self.rounds, strongest_observer(name), rule))
            for name in self.defences
        ]
