"""What an audit was asked: everything that decides its results."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from analysis.studies.spec import LEAST_SCORES, REFERENCE, ClientSpec, option, require_scores
from attacks.names import ADVERSARY_NAMES, SIGNAL_NAMES, require_known
from fedsz_privacy.core import ranges
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.ranges import Whole
from fedsz_privacy.defences import names

if TYPE_CHECKING:
    from attacks import Adversary, Signal
    from attacks.canaries.records import Canary
    from fedsz_privacy.defences.defence import Defence
    from fedsz_privacy.training.rule import TrainingRule

DEFAULT_DEFENCES = (REFERENCE, "fedsz:rel=1e-3", "fedsz:rel=1e-2", "fedsz:rel=1e-1", "fedsz:rel=3e-1")

DEFAULT_SIGNALS = ("loss", "cosine", "lira")

LEAST_CANARY_SCORES = 40
"""Fewest scores of canaries of one kind, so that some are members and some are not."""

UPDATE = "update"
"""The adversary that gradient canaries are scored for beside those who see every step."""


class Others(StrEnum):
    """How the other clients are defended in every trial."""

    NONE = "none"
    SAME = "same"


@dataclass(frozen=True, kw_only=True)
class AuditSpec(ClientSpec):
    """An audit's question.

    Parameters
    ----------
    defences : tuple of str
        Strings of releases or other defences; ``none`` is put first if it is not among them.
    signals : tuple of str
        Names for `get_signal`: what the adversary computes.
    adversary : str
        A name for `get_adversary`: what the adversary sees.
    target_rounds : int
        Rounds of federated averaging that the target takes part in.
    others : Others
        Whether the other clients train and release in those rounds as the target does, or undefended.
    canaries : tuple of str
        Strings for `parse_canaries`: worst-case records that stand beside the candidates.
    gradient_canaries : int
        Directions put into the gradients of further trials, which audit the training rule itself.
    trials, candidates : int
        Times that the target client trains, and size of the pool that its records are drawn from.
    clients, client_records, rounds : int
        Size of the federation, the target included; records of each other client; rounds of federated averaging among
        the others that make the global model which the target then starts from.

    Raises
    ------
    InputError
        If a number is out of range, a string cannot be read, or a signal needs what the adversary does not see.
    """

    defences: tuple[str, ...] = option(
        DEFAULT_DEFENCES,
        "A defence to audit, such as fedsz:rel=1e-2, dpsgd:eps=8 or opacus:eps=8; repeat it for more. none is always "
        "there.",
        name="release",
        shown="fedsz at REL 1e-3, 1e-2, 1e-1 and 3e-1",
    )
    signals: tuple[str, ...] = option(
        DEFAULT_SIGNALS,
        "An attack to run, such as lira, rmia, fedmia-cosine, or module:NAME; repeat it for more.",
        name="signal",
        shown="loss, cosine and lira",
    )
    adversary: str = option(
        "update", "What it sees: update, server, aggregate, final-model, every-step, or module:NAME."
    )
    target_rounds: int = option(1, "Rounds that the target takes part in.", within=ranges.COUNT)
    others: Others = option(  # noqa: RUF009  # a field, as those of plain types are
        Others.SAME, "How the other clients are defended in the target's rounds: none, or the same as it."
    )
    canaries: tuple[str, ...] = option(
        (),
        "Worst-case records beside the candidates, such as mislabelled:20, outlier:20 or duplicated:20.",
        name="canary",
        shown="none",
    )
    gradient_canaries: int = option(
        0, "Directions put into the gradients, to audit the training rule itself.", within=ranges.COUNT_OR_NONE
    )
    trials: int = option(128, "Times that the target client trains.", within=Whole(8, ranges.MOST))
    candidates: int = option(200, "Records that may be members.", within=Whole(20, ranges.MOST))
    clients: int = option(5, "Clients, the target included.", within=Whole(2, ranges.MOST))
    client_records: int = option(300, "Most records of each other client.", within=ranges.RECORDS)
    rounds: int = option(10, "Rounds of federated averaging before the target joins.", within=ranges.COUNT)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.others not in set(Others):
            raise InputError(f"unknown others {self.others!r}: choose one of {', '.join(Others)}")
        object.__setattr__(self, "others", Others(self.others))
        require_scores(self.trials, self.candidates, "candidates", LEAST_SCORES)
        # Names alone come first: what they name takes seconds to import.
        names.require_known(self.defences)
        require_known("signal", self.signals, SIGNAL_NAMES)
        require_known("adversary", [self.adversary], ADVERSARY_NAMES)
        object.__setattr__(self, "defences", self.settle_defences(self.defences, self.target_rounds))
        object.__setattr__(self, "signals", tuple(dict.fromkeys(self.signals)))
        sees_others = self.get_adversary().sees_others
        if blind := [each.name for each in self.get_signals() if each.reads_others and not sees_others]:
            raise InputError(
                f"signal {blind[0]} reads the other clients' updates, which adversary {self.adversary} does not see: "
                "choose adversary server"
            )
        for canary, count in self.parse_canaries():
            require_scores(self.trials, count, f"canaries {canary.name}", LEAST_CANARY_SCORES)
        scored = self.get_adversary().sees_steps or self.adversary == UPDATE
        if self.gradient_canaries and not (scored and self.target_rounds == 1):
            raise InputError(
                f"gradient canaries {self.gradient_canaries} are scored on the target's update of one round, or on its "
                f"steps: choose adversary {UPDATE} or every-step and 1 target round"
            )
        if self.get_adversary().sees_steps and self.target_rounds != 1:
            raise InputError(
                f"adversary {self.adversary} sees the steps of one round, not of {self.target_rounds}: choose 1 target "
                "round"
            )

    def get_adversary(self) -> "Adversary":
        """Return the adversary."""
        from attacks import get_adversary

        return get_adversary(self.adversary)

    @property
    def repeats(self) -> list[int]:
        """How many times each candidate, canaries last, is in the training data when it is a member."""
        return [1] * self.candidates + [each.repeats for each, count in self.parse_canaries() for _ in range(count)]

    def get_signals(self) -> "Sequence[Signal]":
        """Return the signals."""
        from attacks import get_signal

        return [get_signal(name) for name in self.signals]

    def parse_canaries(self) -> "list[tuple[Canary, int]]":
        """Return the kinds of canary and the number of each."""
        from attacks.canaries.records import parse_canaries

        return [parse_canaries(text) for text in self.canaries]

    @property
    def expected_records(self) -> float:
        """Half the candidates: a public number that stands for how many records the target holds."""
        return sum(self.repeats) / 2

    def parse_defences(self, rule: "TrainingRule | None" = None) -> "list[Defence]":
        """Return the defences, the undefended one first; a rule replaces the spec's once its claim is known."""
        from fedsz_privacy.defences.defence import parse_defence

        setting = self.setting(self.expected_records, self.target_rounds, self.get_adversary().observer, rule)
        return [parse_defence(name, setting) for name in self.defences]
