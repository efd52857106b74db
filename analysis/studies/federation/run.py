"""A federation under several defences: performance by round, bytes, and where the time goes."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.torch import load, save
from torch import nn

from analysis.methods.guarantee import Guarantee, guarantee
from analysis.methods.leakage.detectable import Estimate
from analysis.methods.over_records import LEAST_RECORDS, difference_over_records, mean_over_records
from analysis.reporting.folder import RunFolder, open_run, require_place
from analysis.reporting.numbers import count, difference, interval
from analysis.reporting.progress import Progress, silent, unsaid
from analysis.studies.check import check_clients
from analysis.studies.claims import settle_claims
from analysis.studies.conclusion import Finding, conclude
from analysis.studies.federation.duration import describe_federations, seconds_of_federation
from analysis.studies.federation.link import Transfer, break_even, pays
from analysis.studies.federation.record import record_round, recorder_of
from analysis.studies.federation.spec import FederationSpec
from analysis.studies.questions import to_plain
from analysis.studies.report import Presentation, Report
from analysis.studies.spec import REFERENCE
from fedsz_privacy.codec.last_round import LastRound
from fedsz_privacy.core.device import find_device
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.files import read_if_there, write_atomically
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.sealed import seal, unseal
from fedsz_privacy.core.state import StateDict, concatenate, length, stack_of_one, unstack
from fedsz_privacy.core.threads import one_thread
from fedsz_privacy.data.loading import load_data
from fedsz_privacy.data.records import DataSplit, Records
from fedsz_privacy.defences.release import Release
from fedsz_privacy.federation.federation import Federation
from fedsz_privacy.federation.partition import parse_partition
from fedsz_privacy.federation.recorder import Recorder
from fedsz_privacy.federation.rounds import Round
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.evaluation import measure, measure_each
from fedsz_privacy.training.fixing import fix

Say = Callable[[str], None]
"""Tells a person one line."""


@dataclass(frozen=True)
class Prepared:
    """What a federation starts from.

    Attributes
    ----------
    split : DataSplit
        The records, on the device of the run.
    model : nn.Module
        With its initial weights.
    clients : bool array, shape (clients, records)
        Which records each client holds.
    notices : tuple of str
        What a reader should know of them, one line each.
    seconds : float
        About how long all clients train, under all defences.
    """

    split: DataSplit
    model: nn.Module
    clients: NDArray[np.bool_]
    notices: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class RoundRow:
    """What one round under one defence came to; bytes and seconds are means over clients who took part."""

    round: int
    performance: float
    nbytes: float
    training_seconds: float
    encode_seconds: float
    decode_seconds: float


@dataclass(frozen=True)
class FederationReport(Report):
    """What a federation found; both mappings have a key for each of ``spec.defences``, in that order.

    Attributes
    ----------
    spec : FederationSpec
        What was asked.
    metric : str
        What performance is, as the task calls it.
    guarantees : mapping of str to Guarantee
        What is guaranteed over all rounds, at the delta of the run, each for the unit of privacy that it names.
    rounds : mapping of str to tuple of RoundRow
        The rounds under each defence.
    performance, changes : mapping of str to Estimate
        Test performance after the last round, and that minus none's, paired by test record; intervals are over records.
    notices : tuple of str
        What a reader should know of how it was done, one line each.
    """

    spec: FederationSpec
    metric: str
    guarantees: Mapping[str, Guarantee]
    rounds: Mapping[str, tuple[RoundRow, ...]]
    performance: Mapping[str, Estimate]
    changes: Mapping[str, Estimate]
    notices: tuple[str, ...] = ()

    def transfer(self, defence: str) -> Transfer:
        """Return a client's mean transfer under a defence."""
        rows = self.rounds[defence]
        seconds = [row.encode_seconds + row.decode_seconds for row in rows]
        return Transfer(float(np.mean([row.nbytes for row in rows])), float(np.mean(seconds)))

    def ratio(self, defence: str) -> float:
        """Compression ratio against no defence."""
        return self.transfer(REFERENCE).nbytes / self.transfer(defence).nbytes

    def change(self, defence: str) -> float:
        """Test performance after the last round, minus that of no defence."""
        return self.rounds[defence][-1].performance - self.rounds[REFERENCE][-1].performance

    def overhead(self, defence: str) -> float:
        """Share of a client's round, training, encoding and decoding, that is not training."""
        compute = self.transfer(defence).compute_seconds
        return compute / (compute + float(np.mean([row.training_seconds for row in self.rounds[defence]])))

    @staticmethod
    def _presentation() -> Presentation:
        from analysis.studies.federation import report

        return report

    @property
    def conclusion(self) -> tuple[str, ...]:
        """What came out, one line for each defence."""
        return tuple(
            conclude(
                Finding(
                    defence=defence,
                    ratio=None if defence == REFERENCE else self.ratio(defence),
                    guarantee=self.guarantees[defence],
                    also=(
                        self._performed(defence),
                        *(() if defence == REFERENCE else (pays(self.break_even(defence)),)),
                    ),
                )
            )
            for defence in self.rounds
        )

    def _performed(self, defence: str) -> str:
        last = f"{self.metric} {interval(self.performance[defence])} after {count(self.spec.rounds, 'round')}"
        return last if defence == REFERENCE else f"{last}, {difference(self.changes[defence])} from {REFERENCE}"

    def break_even(self, defence: str) -> float:
        """Bandwidth in Mbit/s below which the defence saves time."""
        return break_even(self.transfer(REFERENCE), self.transfer(defence))


@one_thread()
def run_federation(
    spec: FederationSpec, path: Path, progress: Progress = silent, say: Say = unsaid, record: Path | None = None
) -> tuple[FederationReport, RunFolder]:
    """Run a federation once for each defence, or finish a run that was interrupted.

    Parameters
    ----------
    spec : FederationSpec
        The question.
    path : Path
        Folder of the run.
    progress : Progress
        Shows how far the loops have come.
    say : callable
        Told what a reader should know before the work starts.
    record : Path, optional
        Where the rounds without a defence are recorded.

    Raises
    ------
    InputError
        If the data, the model, the training or the folder do not fit the question. Nothing is written then.
    """
    there = prepare(spec)
    split, model, clients = there.split, there.model, there.clients
    for notice in (*there.notices, describe_federations(there.seconds)):
        say(notice)
    defences, refused = settle_claims(spec, model, split.train, model.state_dict(), say)
    notices = (*there.notices, *refused)
    require_place(path, to_plain("federate", spec))
    recorder = recorder_of(spec, clients, record) if record else None
    folder = open_run(path, to_plain("federate", spec))
    rounds, last = {}, {}
    for number, defence in enumerate(defences):
        federation = Federation(
            model,
            split.train,
            clients,
            defence.training,
            defence.release,
            spec.seed,
            defence.aggregation,
            spec.payload,
        )
        path = folder.path / "rounds" / f"{number}.safetensors"
        about = {
            "run": folder.digest,
            "kind": "rounds and memories",
            "number": number,
            "metric": split.test.task.metric,
        }
        kept = recorder if defence.name == REFERENCE else None
        rows = _continue(federation, split.test, spec.rounds, path, about, say, kept)
        rounds[defence.name] = tuple(progress(rows, description=defence.name, total=spec.rounds))
        last[defence.name] = _measure_last(federation, path, about, split.test)
    guarantees = {defence.name: guarantee(defence, spec.delta) for defence in defences}
    performance = {name: mean_over_records(values) for name, values in last.items()}
    changes = {name: difference_over_records(values, last[REFERENCE]) for name, values in last.items()}
    report = FederationReport(spec, split.test.task.metric, guarantees, rounds, performance, changes, notices)
    return report, folder


def prepare(spec: FederationSpec) -> Prepared:
    """Load what a question names, and try it on two records; nothing is written.

    Raises
    ------
    InputError
        If the data, the model or the training do not fit the question.
    """
    split = _load(spec)
    if len(split.test) < LEAST_RECORDS:
        raise InputError(f"{count(len(split.test), 'test record')} has no interval: choose more --test-records")
    model = build_model(spec.model, split.train, spec.seed)
    model = (fix(model) if spec.fix_model else model).to(find_device(spec.device))
    rng = generator(spec.seed, Purpose.PARTITION)
    clients = parse_partition(spec.partition, split.train.targets.cpu().numpy(), spec.clients, rng)
    defences = spec.parse_defences()
    found = check_clients(defences, model, spec.model, split.train, spec.expected_records)
    seconds = seconds_of_federation(defences, model, split.train, clients, spec.rounds)
    return Prepared(split, model, clients, (*split.notices, *found), seconds)


def _load(spec: FederationSpec) -> DataSplit:
    split = load_data(spec.data, spec.records, spec.test_records, spec.seed, spec.target, spec.task)
    parts, device = (split.train, split.test), find_device(spec.device)
    train, test = ((part.resized(spec.side) if spec.side else part).to(device) for part in parts)
    return replace(split, train=train, test=test)


def _continue(
    federation: Federation,
    test: Records,
    rounds: int,
    path: Path,
    about: Mapping[str, object],
    say: Say,
    recorder: Recorder | None,
) -> Iterator[RoundRow]:
    """Yield the rows of all rounds, those in the file first, and keep the file up to the last one."""
    initial = stack_of_one(federation.model.state_dict())
    rows, states = _read(path, initial, about, say)
    if recorder and not all(recorder.holds(row.round) for row in rows):
        rows, states = [], [initial]
    yield from rows
    state, *others = states
    remembers = rows and federation.release.remembering
    lasts = [LastRound(rows[-1].round, unstack(others.pop(0), 0))] if remembers else []
    for played in islice(federation.rounds(state, len(rows), others, lasts), rounds - len(rows)):
        if recorder:
            record_round(recorder, played)
        rows.append(_row(played, _measure(federation, played, test)))
        together = concatenate([played.after, *_remembered(federation.release, played)])
        kept = {name: tensor.contiguous() for name, tensor in together.items()}
        write_atomically(path, seal(partial(save, kept), {**about, "rows": [asdict(row) for row in rows]}))
        yield rows[-1]


def _remembered(release: Release, played: Round) -> Iterator[StateDict]:
    """Yield what the next round needs beside the global state: this one as the last, and what clients remember."""
    if release.remembering:
        yield stack_of_one(played.lasts[0].average)
    yield from (each for each in played.residuals if each)


def _read(
    path: Path, initial: StateDict, about: Mapping[str, object], say: Say
) -> tuple[list[RoundRow], list[StateDict]]:
    """Return finished rounds, and the state after them, then what `_remembered` yielded of the last.

    No rounds and the initial state if no file of theirs is there.
    """
    data = read_if_there(path)
    if data is None:
        return [], [initial]
    try:
        said, kept = unseal(load, data, about)
    except ValueError as reason:
        say(f"{path} {reason}: its rounds are played again")
        return [], [initial]
    rows = [RoundRow(**row) for row in said["rows"]]
    stacked = {name: kept[name].to(tensor.device) for name, tensor in initial.items()}
    return rows, [stack_of_one(unstack(stacked, row)) for row in range(length(stacked))]


def _measure(federation: Federation, played: Round, test: Records) -> float:
    measured = float(measure(federation.model, played.after, test))
    if not math.isfinite(measured):
        name = f"{test.task.metric} of task {test.task.name}"
        raise InputError(f"{name} is not finite after round {played.number + 1}: lower --learning-rate")
    return measured


def _measure_last(
    federation: Federation, path: Path, about: Mapping[str, object], test: Records
) -> NDArray[np.float64]:
    """Return the metric of each test record after the last of the rounds in a file, shape (records,)."""
    _, states = _read(path, stack_of_one(federation.model.state_dict()), about, unsaid)
    (found,) = measure_each(federation.model, states[0], test)
    return np.asarray(found.cpu().numpy(), np.float64)


def _row(played: Round, performance: float) -> RoundRow:
    # Where the draw left everybody out, nobody trained for the round, and all are measured.
    took_part = np.flatnonzero(played.cohort.all(axis=0)).tolist()
    sent = [played.sent(client) for client in took_part or range(len(played.clients))]
    costs = np.array([(c.nbytes[0], c.training_seconds, c.encode_seconds, c.decode_seconds) for c in sent])
    return RoundRow(played.number, performance, *costs.mean(axis=0).tolist())
