"""A recommendation: federations under every bound, seed by seed, and the loosest bound that costs little enough."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from joblib import delayed

from analysis.methods.non_inferiority import Standing, non_inferior, standing
from analysis.methods.over_seeds import Mean, mean_over_seeds
from analysis.reporting.folder import RunFolder, open_run
from analysis.reporting.progress import Item, Progress, silent, unsaid
from analysis.reporting.workers import Workers
from analysis.studies.federation.duration import describe_federations
from analysis.studies.federation.report import write_federation
from analysis.studies.federation.run import FederationReport, Prepared, prepare, run_federation
from analysis.studies.questions import to_plain
from analysis.studies.recommend.leakage import SIGNALS, LeakageChange, SeedLeakage, audit_recording, change_over_seeds
from analysis.studies.recommend.max_loss import Margin, margin_of
from analysis.studies.recommend.spec import RecommendSpec
from analysis.studies.recorded.members import LEAST_MEMBERS, LEAST_NON_MEMBERS
from analysis.studies.recorded.spec import RecordedSpec
from analysis.studies.spec import REFERENCE
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import nbytes
from fedsz_privacy.core.threads import one_thread
from fedsz_privacy.data.tasks import Scale

ALONE = Workers()

Found = TypeVar("Found")


@dataclass(frozen=True)
class Tried:
    """What one bound came to, over the seeds.

    Attributes
    ----------
    release : str
        The release of that bound.
    bound : float
        REL.
    loss : Mean
        How much worse the metric is after the last round than that of no compression, paired by seed.
    standing : Standing
        Where that is against the most that may be lost.
    ratio : Mean
        Compression ratio, original over compressed.
    seconds : Mean
        Encoding and decoding of one client's update in one round.
    """

    release: str
    bound: float
    loss: Mean
    standing: Standing
    ratio: Mean
    seconds: Mean


@dataclass(frozen=True)
class RecommendReport:
    """What a recommendation rests on.

    Attributes
    ----------
    spec : RecommendSpec
        What was asked.
    margin : Margin
        Most that the metric may lose, in its own unit.
    test_records : int
        How many records the metric is measured on.
    undefended : Mean
        The metric after the last round without compression.
    tried : tuple of Tried
        The bounds, tightest first.
    recommended : Tried or None
        The loosest bound up to which all stay below.
    leakage : LeakageChange or None
        What that changes in leakage.
    notices : tuple of str
        What a reader should know of how it was done, one line each.
    """

    spec: RecommendSpec
    margin: Margin
    test_records: int
    undefended: Mean
    tried: tuple[Tried, ...]
    recommended: Tried | None
    leakage: LeakageChange | None
    notices: tuple[str, ...] = ()


@one_thread()
def run_recommend(
    spec: RecommendSpec,
    path: Path,
    workers: Workers = ALONE,
    progress: Progress = silent,
    say: Callable[[str], None] = unsaid,
) -> tuple[RecommendReport, RunFolder]:
    """Find the loosest bound that costs little enough, or finish a run that was interrupted.

    Parameters
    ----------
    spec : RecommendSpec
        The question.
    path : Path
        Folder of the run. In it, each seed has a whole run of `run_federation`, with a recording of the rounds without
        compression; and each has an audit of that recording, through the release that is recommended.
    workers : Workers
        Who runs the federations, a seed each.
    progress : Progress
        Shows how far the loops have come.
    say : callable
        Told what a reader should know before the work starts.

    Raises
    ------
    InputError
        If the data, the model, the training or the folder do not fit the question. Nothing is written then.
    """
    first = prepare(spec.at(spec.seed))
    margin = margin_of(spec.most, first.split.test.task)
    _require_leakage(first, spec.clients)
    for line in (*first.notices, *_announce(spec, first, margin, workers)):
        say(line)
    folder = open_run(path, to_plain("recommend", spec))
    federations = _by_seed(partial(_federate, spec, path), spec.every_seed, workers, progress)
    tried = tuple(
        _tried(federations, release, bound, first.split.test.task.scale, margin)
        for release, bound in zip(spec.at(spec.seed).defences[1:], spec.every_bound, strict=True)
    )
    count = non_inferior([each.loss for each in tried], margin.value)
    recommended = tried[count - 1] if count else None
    leakage = None
    if recommended:
        audit = partial(_audit, spec, path, recommended.release)
        leakage = change_over_seeds(_by_seed(audit, spec.every_seed, workers, silent))
    report = RecommendReport(
        spec=spec,
        margin=margin,
        test_records=len(first.split.test),
        undefended=mean_over_seeds([each.rounds[REFERENCE][-1].performance for each in federations]),
        tried=tried,
        recommended=recommended,
        leakage=leakage,
        notices=tuple(dict.fromkeys(line for each in federations for line in each.notices)),
    )
    return report, folder


def federation_of(path: Path, seed: int) -> Path:
    """Return the folder of one seed's federation, in that of the run."""
    return path / f"seed-{seed}"


def recording_of(path: Path, seed: int) -> Path:
    """Return the folder of the recording of one seed's rounds without compression."""
    return path / "recordings" / f"seed-{seed}"


def audit_of(path: Path, seed: int) -> Path:
    """Return the folder of the audit of that recording."""
    return path / "audits" / f"seed-{seed}"


def _federate(spec: RecommendSpec, path: Path, seed: int, progress: Progress) -> FederationReport:
    played = run_federation(spec.at(seed), federation_of(path, seed), progress, record=recording_of(path, seed))
    write_federation(*played)
    return played[0]


def _audit(spec: RecommendSpec, path: Path, release: str, seed: int, _: Progress) -> SeedLeakage:
    asked = RecordedSpec(
        recording=recording_of(path.resolve(), seed),
        data=spec.data,
        target=spec.target,
        task=spec.task,
        model=spec.model,
        defences=(release,),
        signals=SIGNALS,
        delta=spec.delta,
        device=spec.device,
        seed=seed,
    )
    return audit_recording(asked, audit_of(path, seed))


def _by_seed(
    work: Callable[[int, Progress], Found], seeds: Sequence[int], workers: Workers, progress: Progress
) -> list[Found]:
    """Return what comes of every seed; one worker shows the rounds of each, several the seeds."""
    if workers.count == 1:
        return [work(seed, partial(_of_seed, seed, progress)) for seed in seeds]
    with workers.pool() as pool:
        return list(progress(_in_waves(work, seeds, workers.count, pool), description="seeds", total=len(seeds)))


def _in_waves(work: Callable[[int, Progress], Found], seeds: Sequence[int], at_once: int, pool: Any) -> Iterator[Found]:
    left = iter(seeds)
    while wave := list(islice(left, at_once)):
        yield from pool(delayed(work)(seed, silent) for seed in wave)


def _of_seed(seed: int, progress: Progress, items: Iterable[Item], description: str, total: int) -> Iterable[Item]:
    return progress(items, description=f"seed {seed}, {description}", total=total)


def _tried(federations: Sequence[FederationReport], release: str, bound: float, scale: Scale, margin: Margin) -> Tried:
    loss = mean_over_seeds([scale.lost(0, each.change(release)) for each in federations])
    return Tried(
        release,
        bound,
        loss,
        standing(loss, margin.value),
        mean_over_seeds([each.ratio(release) for each in federations]),
        mean_over_seeds([each.transfer(release).compute_seconds for each in federations]),
    )


def _require_leakage(there: Prepared, clients: int) -> None:
    """Raise InputError if there are too few records to measure leakage on: each is held by one client."""
    records = len(there.split.train)
    if records < LEAST_MEMBERS or records * (clients - 1) < LEAST_NON_MEMBERS:
        raise InputError(
            f"{records} records of {clients} clients are too few to measure leakage on: choose more --records"
        )


def _announce(spec: RecommendSpec, first: Prepared, margin: Margin, workers: Workers) -> Iterator[str]:
    yield f"{margin.metric} may lose less than {margin} against no compression, after {spec.rounds} rounds"
    yield describe_federations(first.seconds * spec.seeds / min(workers.count, spec.seeds))
    kept = spec.seeds * spec.rounds * (spec.clients + 1) * nbytes(first.model.state_dict())
    yield f"recordings of the rounds without compression will take {kept / 1e6:,.0f} MB of {spec.seeds} seeds"
