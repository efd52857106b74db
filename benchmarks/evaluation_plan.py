"""What evaluation.py runs: the FedSZ paper's models on its data sets, until they have learnt, states and updates."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from analysis.studies.federation.spec import FederationSpec
from analysis.studies.spec import REFERENCE
from fedsz_privacy.federation.payload import Payload

BOUNDS = ("1e-2", "1e-1", "1e-3", "1e-4")
"""The paper's own first."""

SEEDED = "mobilenetv2"
"""The model with three seeds; the others have one."""

HOUR = 3600.0


@dataclass(frozen=True)
class Steps:
    """How clients step, with momentum, one epoch a round; and the least side of images that a model takes."""

    batch_size: int
    learning_rate: float
    least_side: int


@dataclass(frozen=True)
class Length:
    """How many records all clients hold together, how many judge, for how many rounds, and the side of their images."""

    records: int
    test_records: int
    rounds: int
    side: int


MODELS: Mapping[str, Steps] = {
    "mobilenetv2": Steps(64, 0.05, least_side=32),
    "alexnet": Steps(64, 0.02, least_side=64),
    "resnet50": Steps(64, 0.03, least_side=32),
}

DATA: Mapping[str, Length] = {
    "fashion_mnist": Length(20_000, 5_000, 8, side=32),
    "cifar10": Length(50_000, 5_000, 10, side=32),
    "caltech101": Length(6_941, 1_736, 20, side=64),
}


GOALS: Mapping[tuple[str, str], float] = {
    **{(model, "fashion_mnist"): 0.85 for model in MODELS},
    **dict.fromkeys((("mobilenetv2", "cifar10"), ("alexnet", "cifar10")), 0.6),
    ("resnet50", "cifar10"): 0.55,
}
"""Accuracy above which a model counts as one that has learnt."""


@dataclass(frozen=True)
class Run:
    """One run of `federate`: a model, a data set, a payload and a seed, under no defence and then each bound."""

    model: str
    data: str
    payload: Payload
    seed: int

    @property
    def name(self) -> str:
        """Folder of the run."""
        return f"{self.model}-{self.data}-{self.payload}-{self.seed}"

    @property
    def length(self) -> Length:
        """Records and rounds."""
        return DATA[self.data]

    @property
    def side(self) -> int:
        """Pixels of a side: those of the data, unless the model takes none so small."""
        return max(MODELS[self.model].least_side, self.length.side)

    @property
    def size(self) -> str:
        """What the cost of a record depends on."""
        return f"{self.model}-{self.side}"

    def question(self, data: Path) -> FederationSpec:
        """Return what is asked, of the data sets in a folder."""
        steps, length = MODELS[self.model], self.length
        return FederationSpec(
            data=str(data / self.data),
            model=self.model,
            payload=self.payload,
            seed=self.seed,
            side=self.side,
            clients=4,
            epochs=1,
            optimizer="momentum",
            batch_size=steps.batch_size,
            learning_rate=steps.learning_rate,
            records=length.records,
            test_records=length.test_records,
            rounds=length.rounds,
            defences=tuple(map(release, BOUNDS)),
        )

    def hours(self, seconds: Mapping[str, float]) -> float:
        """Return the core hours of one defence, from the seconds of each `size` for a record."""
        return self.length.rounds * self.length.records * seconds[self.size] / HOUR


@dataclass(frozen=True)
class Turn:
    """The defences of a run up to one bound."""

    run: Run
    bound: str

    @property
    def due(self) -> tuple[str, ...]:
        """The defences that are to be played by the end of the turn."""
        return (REFERENCE, *map(release, BOUNDS[: BOUNDS.index(self.bound) + 1]))

    def rank(self, seconds: Mapping[str, float]) -> float:
        """Return what turns are sorted by: hours, times 1.3 for each bound before theirs, times 1.5 for each seed.

        A row of one data set is complete before one that costs twice as much begins.
        """
        return self.run.hours(seconds) * 1.3 ** BOUNDS.index(self.bound) * 1.5**self.run.seed


def release(bound: str) -> str:
    """Return SZ3 without prediction at a relative error bound, as the paper has SZ; `auto` is smaller."""
    return f"fedsz:rel={bound},compressor=nopred"


def runs() -> Iterator[Run]:
    """Yield all runs."""
    for model, data, payload in product(MODELS, DATA, Payload):
        for seed in range(3 if model == SEEDED else 1):
            yield Run(model, data, payload, seed)


def turns(seconds: Mapping[str, float]) -> list[Turn]:
    """Return all turns, those of cheap rows of the table first."""
    return sorted((Turn(run, bound) for run in runs() for bound in BOUNDS), key=lambda turn: turn.rank(seconds))
