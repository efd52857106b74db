"""What an audit was asked: everything that decides its results."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from analysis.studies.reference import REFERENCE
from attacks import SIGNALS, Adversary, Signal, get_adversary, get_signal
from attacks.canaries.records import Canary, parse_canaries
from fedsz_privacy.core.errors import InputError, require_at_least
from fedsz_privacy.defences.defence import Defence, parse_defence, settle_defences
from fedsz_privacy.training.descent import Training

DEFAULT_DEFENCES = (REFERENCE, "fedsz:rel=1e-3", "fedsz:rel=1e-2", "fedsz:rel=1e-1", "fedsz:rel=3e-1")

DEFAULT_SIGNALS = tuple(signal.name for signal in SIGNALS)

LEAST_SCORES = 300
"""Fewest scores, trials times candidates: half of them are of non-members, and must resolve a rate of 0.1."""

LEAST_CANARY_SCORES = 40
"""Fewest scores of canaries of one kind, so that some are members and some are not."""


@dataclass(frozen=True)
class AuditSpec:
    """An audit's question.

    Parameters
    ----------
    data, model : str
        Names for `load_data` and `build_model`.
    defences : tuple of str
        Strings of releases or other defences; ``none`` is put first if it is not among them.
    signals : tuple of str
        Names for `get_signal`: what the adversary computes.
    adversary : str
        A name for `get_adversary`: what the adversary sees.
    target_rounds : int
        Rounds of federated averaging that the target takes part in.
    canaries : tuple of str
        Strings for `parse_canaries`: worst-case records that stand beside the candidates.
    gradient_canaries : int
        Directions put into the gradients of further trials, which audit the training rule itself.
    trials, candidates : int
        Times that the target client trains, and size of the pool that its records are drawn from.
    clients, client_records, rounds : int
        Size of the federation, the target included; records of each other client; rounds of federated averaging among
        the others that make the global model which the target then starts from.
    training : Training
        How every client trains.
    seed : int
        Seed of every random choice.

    Raises
    ------
    InputError
        If a number is out of range, a string cannot be read, or a signal needs what the adversary does not see.
    """

    data: str = "digits"
    model: str = "mlp"
    defences: tuple[str, ...] = DEFAULT_DEFENCES
    signals: tuple[str, ...] = DEFAULT_SIGNALS
    adversary: str = "update"
    target_rounds: int = 1
    canaries: tuple[str, ...] = ()
    gradient_canaries: int = 0
    trials: int = 128
    candidates: int = 200
    clients: int = 5
    client_records: int = 300
    rounds: int = 10
    training: Training = field(default_factory=Training)
    seed: int = 0

    def __post_init__(self) -> None:
        require_at_least(self, trials=8, candidates=20, clients=2, client_records=1, rounds=1, target_rounds=1)
        require_at_least(self, gradient_canaries=0, seed=0)
        if (scores := self.trials * self.candidates) < LEAST_SCORES:
            asked = f"{self.trials} trials of {self.candidates} candidates"
            raise InputError(f"{asked} are {scores} scores: choose {LEAST_SCORES} or more")
        object.__setattr__(self, "defences", settle_defences([REFERENCE, *self.defences]))
        object.__setattr__(self, "signals", tuple(dict.fromkeys(self.signals)))
        sees_others = self.sees.sees_others
        if blind := [each.name for each in self.get_signals() if each.reads_others and not sees_others]:
            raise InputError(
                f"signal {blind[0]} reads the other clients' updates, which adversary {self.adversary} does not see: "
                "choose adversary server"
            )
        for canary, count in self.parse_canaries():
            if (scores := count * self.trials) < LEAST_CANARY_SCORES:
                asked = f"{self.trials} trials of {count} canaries {canary.name}"
                raise InputError(f"{asked} are {scores} scores: choose {LEAST_CANARY_SCORES} or more")
        if self.gradient_canaries and (self.adversary, self.target_rounds) != ("update", 1):
            raise InputError(
                f"gradient canaries {self.gradient_canaries} are scored on the target's update of one round: choose "
                "adversary update and 1 target round"
            )

    @property
    def sees(self) -> Adversary:
        """The adversary."""
        return get_adversary(self.adversary)

    @property
    def repeats(self) -> list[int]:
        """How many times each candidate, canaries last, is in the training data when it is a member."""
        return [1] * self.candidates + [each.repeats for each, count in self.parse_canaries() for _ in range(count)]

    def get_signals(self) -> Sequence[Signal]:
        """Return the signals."""
        return [get_signal(name) for name in self.signals]

    def parse_canaries(self) -> list[tuple[Canary, int]]:
        """Return the kinds of canary and the number of each."""
        return [parse_canaries(text) for text in self.canaries]

    def parse_defences(self) -> list[Defence]:
        """Return the defences, the undefended one first; DP-SGD takes half the candidates for the expected records."""
        expected = sum(self.repeats) / 2
        return [parse_defence(name, self.training, expected, self.target_rounds) for name in self.defences]

    def to_dict(self) -> dict[str, object]:
        """Return the question as plain values."""
        return {"command": "audit", **asdict(self)}


def read_spec(path: Path) -> AuditSpec:
    """Return what the run in a folder was asked.

    Raises
    ------
    InputError
        If the folder holds no audit.
    """
    try:
        asked = json.loads((path / "spec.json").read_text())
        fields: dict[str, Any] = {key: tuple(each) if isinstance(each, list) else each for key, each in asked.items()}
        training = Training(**fields.pop("training"))
        del fields["versions"]
        if fields.pop("command") != "audit":
            raise KeyError("audit")
        return AuditSpec(**fields, training=training)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise InputError(f"{path} holds no audit to go on with ({error}): give the folder of one") from error
