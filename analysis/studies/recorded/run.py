"""An audit of recorded updates: a question in, a report out."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic

from analysis.methods.guarantee import guarantee
from analysis.methods.leakage.resampling import resample_weights
from analysis.reporting.folder import RunFolder, is_empty, open_run
from analysis.reporting.progress import Progress, Say, silent, unsaid
from analysis.studies.claims import describe_refused
from analysis.studies.recorded.choices import choose_clients, choose_signals, little_lossy, require_room
from analysis.studies.recorded.errors import study_releases
from analysis.studies.recorded.found import RecordedReport
from analysis.studies.recorded.material import Material, load
from analysis.studies.recorded.measure import (
    bound_by_coins,
    choose_strongest,
    measure,
)
from analysis.studies.recorded.members import Candidates, choose_candidates
from analysis.studies.recorded.observe import Observations, observe_rounds
from analysis.studies.recorded.parts import measure_clients, measure_rounds
from analysis.studies.recorded.spec import RecordedSpec
from analysis.studies.spec import REFERENCE
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.threads import one_thread
from fedsz_privacy.defences.conditions import hold_to_conditions
from fedsz_privacy.defences.release import Release
from fedsz_privacy.training.accounting import composed


@one_thread()
def run_recorded(
    spec: RecordedSpec,
    path: Path,
    trusted: bool = False,
    progress: Progress = silent,
    say: Say = unsaid,
) -> tuple[RecordedReport, RunFolder]:
    """Audit recorded updates.

    Parameters
    ----------
    spec : RecordedSpec
        The question.
    path : Path
        Folder of the run.
    trusted : bool
        Whether code that only the recording names may run.
    progress : Progress
        Shows how far the loop over rounds has come.
    say : callable
        Told what a reader should know of the recording.

    Raises
    ------
    InputError
        If recording, files, records or the folder do not fit the question. Nothing is written then.
    """
    start = monotonic()
    material = load(spec, trusted)
    clients, told = choose_clients(spec, material)
    rng = generator(spec.seed, Purpose.PARTITION)
    count = len(material.split.train)
    candidates = choose_candidates(material.manifest, clients, count, spec.candidates, rng)
    signals, unread = choose_signals(spec.get_signals(), material, clients)
    require_room(spec, material.rounds, candidates, signals)
    state = material.rounds[-1].before()
    releases = [hold_to_conditions(each, state, spec.seed) for each in spec.parse_releases(material.most_rounds)]
    notices = (*material.notices, *told, *unread, *little_lossy(releases, material), *describe_refused(releases))
    for notice in notices:
        say(notice)
    folder = None if is_empty(path) else open_run(path, spec.to_dict())
    observations = observe_rounds(material, candidates, releases, signals, spec.seed, progress, say)
    report = _measured(spec, material, candidates, releases, observations, notices)
    return report, replace(folder or open_run(path, spec.to_dict()), opened=start)


def _measured(
    spec: RecordedSpec,
    material: Material,
    candidates: Candidates,
    releases: Sequence[Release],
    observations: Observations,
    notices: Sequence[str],
) -> RecordedReport:
    names = list(observations.scores[REFERENCE])
    means = {
        release: {signal: observations.mean(release, signal) for signal in names} for release in observations.scores
    }
    strongest = choose_strongest(means[REFERENCE], candidates)
    # The strongest signal of a half of the records: halves are along the first axis.
    scores = {release: strongest.beside(by_signal) for release, by_signal in means.items()}
    weights = resample_weights(
        len(candidates.records), len(candidates.clients), generator(spec.seed, Purpose.BOOTSTRAP)
    )
    numbers = tuple(each.number for each in material.rounds)
    times = int(observations.took_part.sum(axis=0).max())
    return RecordedReport(
        spec=spec,
        material=material,
        candidates=candidates,
        rounds=numbers,
        observations=observations,
        scores=scores,
        strongest=strongest,
        leakage=measure(scores, candidates, candidates.judged, weights),
        by_client=measure_clients(scores, strongest, candidates, weights),
        by_round=measure_rounds(observations, numbers, strongest, candidates, weights),
        guarantees={
            each.name: guarantee(replace(each, event=composed(each.event, times)), spec.delta) for each in releases
        },
        bounds=bound_by_coins(scores, names[0], candidates, material.manifest.coins, spec.delta, spec.seed),
        noise=study_releases(material.rounds[-1], releases, material.everybody, spec.seed),
        notices=(*notices, *observations.notices),
    )
