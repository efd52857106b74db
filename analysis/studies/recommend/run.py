"""A recommendation: federations under every bound, seed by seed, and the loosest bound that costs little enough."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from analysis.methods.over_seeds import mean_over_seeds
from analysis.reporting.folder import RunFolder, open_run
from analysis.reporting.numbers import size_of
from analysis.reporting.progress import Progress, Say, silent, unsaid
from analysis.reporting.workers import ONE_WORKER, Workers
from analysis.studies.federation.duration import describe_federations
from analysis.studies.federation.found import FederationReport
from analysis.studies.federation.prepare import Prepared, prepare
from analysis.studies.federation.report import write_federation
from analysis.studies.federation.run import run_federation
from analysis.studies.little_lossy import shortfalls_of
from analysis.studies.questions import to_plain
from analysis.studies.recommend.each_seed import by_seed
from analysis.studies.recommend.found import RecommendReport, loosest, tried_over_seeds
from analysis.studies.recommend.leakage import SIGNALS, SeedLeakage, audit_recording, change_over_seeds
from analysis.studies.recommend.max_loss import Margin, margin_of
from analysis.studies.recommend.spec import RecommendSpec
from analysis.studies.recorded.members import LEAST_MEMBERS, LEAST_NON_MEMBERS
from analysis.studies.recorded.spec import RecordedSpec
from analysis.studies.spec import REFERENCE
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import nbytes
from fedsz_privacy.core.threads import one_thread


@one_thread()
def run_recommend(
    spec: RecommendSpec,
    path: Path,
    workers: Workers = ONE_WORKER,
    progress: Progress = silent,
    say: Say = unsaid,
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
    _require_lossy(spec, first)
    for line in (*first.notices, *_announce(spec, first, margin, workers)):
        say(line)
    folder = open_run(path, to_plain("recommend", spec))
    federations = by_seed(partial(_federate, spec, path), spec.every_seed, workers, progress)
    named = zip(spec.at(spec.seed).defences[1:], spec.every_bound, strict=True)
    scale = first.split.test.task.scale
    tried = tuple(tried_over_seeds(federations, release, bound, scale, margin) for release, bound in named)
    recommended = loosest(tried, margin)
    leakage = None
    if recommended:
        audit = partial(_audit, spec, path, recommended.release)
        leakage = change_over_seeds(by_seed(audit, spec.every_seed, workers, progress))
    report = RecommendReport(
        spec=spec,
        margin=margin,
        records=len(first.split.train),
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


def _audit(spec: RecommendSpec, path: Path, release: str, seed: int, progress: Progress) -> SeedLeakage:
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
    return audit_recording(asked, audit_of(path, seed), progress)


def _require_leakage(there: Prepared, clients: int) -> None:
    """Raise InputError if there are too few records to measure leakage on: each is held by one client."""
    records = len(there.split.train)
    if records < LEAST_MEMBERS or records * (clients - 1) < LEAST_NON_MEMBERS:
        raise InputError(
            f"{records} records of {clients} clients are too few to measure leakage on: choose more --records"
        )


def _require_lossy(spec: RecommendSpec, first: Prepared) -> None:
    """Raise InputError if no tensor is lossy: a bound that changes nothing loses nothing, and says nothing of bounds.

    Which tensors are lossy is the same at every bound.
    """
    first_bound = first.spec.parse_defences()[1:2]
    for shortfall in shortfalls_of(first_bound, first.model).values():
        if shortfall.share == 0 and shortfall.has_large:
            raise InputError(
                f"no bound compresses a tensor of {spec.model}: no large one is called weight, which is what the rule "
                "goes by: rename them, or try bounds of a release of your own by federate"
            )
        if shortfall.share == 0:
            raise InputError(
                f"no bound compresses a tensor of {spec.model}: none has more than {spec.threshold:,} elements: lower "
                "--threshold"
            )


def _announce(spec: RecommendSpec, first: Prepared, margin: Margin, workers: Workers) -> Iterator[str]:
    yield f"{margin.metric} may lose less than {margin} against no compression, after the last round"
    yield describe_federations(first.seconds * spec.seeds / min(workers.count, spec.seeds))
    kept = spec.seeds * spec.rounds * (spec.clients + 1) * nbytes(first.model.state_dict())
    yield f"recordings of the rounds without compression, of {spec.seeds} seeds, will take {size_of(kept)}"
