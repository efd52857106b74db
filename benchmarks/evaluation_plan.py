"""What evaluation.py plays: the FedSZ paper's models on its data sets, until they have learnt, states and updates."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
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
    # At 0.03 it had learnt nothing after three rounds of Fashion-MNIST, and at 0.01 its loss still jumped.
    "resnet50": Steps(64, 0.005, least_side=32),
}

DATA: Mapping[str, Length] = {
    "fashion_mnist": Length(20_000, 5_000, 8, side=32),
    "cifar10": Length(50_000, 5_000, 10, side=32),
    "caltech101": Length(6_941, 1_736, 20, side=64),
}


LONGER: Mapping[tuple[str, str], int] = {("mobilenetv2", "cifar10"): 30}
"""Rounds of what learns more slowly: after 10, its accuracy was .49 and rose by a point a round."""

GOALS: Mapping[tuple[str, str], float] = {
    **{(model, "fashion_mnist"): 0.85 for model in MODELS},
    **dict.fromkeys((("mobilenetv2", "cifar10"), ("alexnet", "cifar10")), 0.6),
    ("resnet50", "cifar10"): 0.55,
}
"""Accuracy above which a model counts as one that has learnt."""


@dataclass(frozen=True)
class Run:
    """The federations of a model, a data set, a payload and a seed: one without a defence, and one under each bound."""

    model: str
    data: str
    payload: Payload
    seed: int

    @property
    def length(self) -> Length:
        """Records and rounds."""
        length = DATA[self.data]
        return replace(length, rounds=LONGER.get((self.model, self.data), length.rounds))

    @property
    def side(self) -> int:
        """Pixels of a side: those of the data, unless the model takes none so small."""
        return max(MODELS[self.model].least_side, self.length.side)

    @property
    def size(self) -> str:
        """What the cost of a record depends on."""
        return f"{self.model}-{self.side}"

    @property
    def plain(self) -> "Cell":
        """The federation without a defence: that of updates, as one of states has the same rounds to the last bit."""
        return Cell(replace(self, payload=Payload.UPDATE), None)

    def under(self, bound: str) -> "Cell":
        """Return the federation under a bound."""
        return Cell(self, bound)

    @property
    def cells(self) -> "tuple[Cell, ...]":
        """The federation without a defence, then those under each of `BOUNDS`."""
        return (self.plain, *map(self.under, BOUNDS))

    def hours(self, seconds: Mapping[str, float]) -> float:
        """Return the core hours of one federation, from the seconds of each `size` for a record."""
        return self.length.rounds * self.length.records * seconds[self.size] / HOUR


@dataclass(frozen=True)
class Cell:
    """One federation, under a bound or none."""

    run: Run
    bound: str | None

    @property
    def release(self) -> str:
        """SZ3 without prediction at the bound, as the paper has SZ; `auto` is smaller."""
        return f"fedsz:rel={self.bound},compressor=nopred" if self.bound else REFERENCE

    @property
    def name(self) -> str:
        """Name in files."""
        run = self.run
        return f"{run.model}-{run.data}-{run.payload}-{run.seed}-{self.bound or REFERENCE}"

    def question(self, data: Path) -> FederationSpec:
        """Return what is asked, of the data sets in a folder."""
        run, steps, length = self.run, MODELS[self.run.model], self.run.length
        return FederationSpec(
            data=str(data / run.data),
            model=run.model,
            payload=run.payload,
            seed=run.seed,
            side=run.side,
            clients=4,
            epochs=1,
            optimizer="momentum",
            batch_size=steps.batch_size,
            learning_rate=steps.learning_rate,
            records=length.records,
            test_records=length.test_records,
            rounds=length.rounds,
            defences=(self.release,),
        )

    def rank(self, seconds: Mapping[str, float]) -> float:
        """Return what cells are sorted by: hours, times 1.3 for each bound before theirs, times 1.5 for each seed.

        A row of one data set is complete before one that costs twice as much begins.
        """
        later = BOUNDS.index(self.bound) if self.bound else 0
        return self.run.hours(seconds) * 1.3**later * 1.5**self.run.seed


def runs() -> Iterator[Run]:
    """Yield all runs."""
    for model, data, payload in product(MODELS, DATA, Payload):
        for seed in range(3 if model == SEEDED else 1):
            yield Run(model, data, payload, seed)


def cells(seconds: Mapping[str, float]) -> list[Cell]:
    """Return all cells, those of cheap rows of the table first, each behind the one without a defence."""
    every = dict.fromkeys(cell for run in runs() for cell in run.cells)
    return sorted(every, key=lambda cell: cell.rank(seconds))
