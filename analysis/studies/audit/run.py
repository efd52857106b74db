"""A whole audit: a question in, a report out."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.methods.curves.neighbours import neighbour_pairs
from analysis.methods.guarantee import guarantee
from analysis.reporting.folder import RunFolder, open_run
from analysis.reporting.progress import Progress, Say, silent, unsaid
from analysis.reporting.workers import ONE_WORKER, Workers
from analysis.studies.audit.check import check_audit
from analysis.studies.audit.found import AuditReport
from analysis.studies.audit.frontier import find_frontier
from analysis.studies.audit.measure import (
    bound_epsilon,
    measure,
    scores_of,
)
from analysis.studies.audit.prepare import load, set_up, train_others
from analysis.studies.audit.spec import AuditSpec
from analysis.studies.audit.strongest import choose_strongest
from analysis.studies.audit.verdict import Verdict
from analysis.studies.audit.white_box import bound_by_canaries
from analysis.studies.claims import settle_claims
from analysis.studies.playing import playing
from analysis.studies.questions import to_plain
from attacks import Game
from attacks.game.engine import RecordPlayer, games_of
from fedsz_privacy.core.threads import one_thread
from fedsz_privacy.defences.defence import Defence

if TYPE_CHECKING:
    from analysis.studies.noise.update_study import NoiseStudy

NEIGHBOUR_PAIRS = 8


@one_thread()
def run_audit(
    spec: AuditSpec,
    path: Path,
    workers: Workers = ONE_WORKER,
    progress: Progress = silent,
    say: Say = unsaid,
) -> tuple[AuditReport, RunFolder]:
    """Run an audit, or finish one that was interrupted.

    Parameters
    ----------
    spec : AuditSpec
        The question.
    path : Path
        Folder of the run; finished trials in it are not played again.
    workers : Workers
        Who plays the trials; the results are the same whoever does.
    progress : Progress
        Shows how far the loops have come.
    say : callable
        Told, before the work starts, what a reader should know: what trains one by one, and how long it takes; and
        of each trial that is played again because its file cannot be used.

    Returns
    -------
    AuditReport
        What was found.
    RunFolder
        Where it can be written to.

    Raises
    ------
    InputError
        If the data, the model, the training or the folder do not fit the question. Nothing is written then.
    """
    split, model = load(spec)
    defences, signals = spec.parse_defences(), spec.get_signals()
    still = set_up(spec, split, model)
    *found, duration = check_audit(spec, still, defences, signals, workers)
    for notice in (*split.notices, *found, duration):
        say(notice)
    held = still.held(range(spec.trials)).tolist()
    defences, refused = settle_claims(spec, model, split.train, still.state, say, held)
    notices = (*split.notices, *found, *refused)
    folder = open_run(path, to_plain("audit", spec))
    game = train_others(still, spec.rounds, progress)
    with playing(spec.trials, folder, workers, progress, say) as played:
        trials = played(RecordPlayer(game, defences, signals, spec.get_adversary()), "trials")
        canary_bounds = bound_by_canaries(spec, game, defences, played)
    scores = scores_of(trials, spec.defences, signals)
    noise = dict(progress(_study(game, defences, spec), description="noise", total=len(defences)))
    strongest = choose_strongest(spec, trials, signals)
    beside = {defence: strongest.beside(by_signal) for defence, by_signal in scores.items()}
    measured = measure(spec, trials, beside, progress)
    lower_bounds = bound_epsilon(spec, trials, signals)
    verdicts = {
        defence.name: Verdict(
            guarantee=guarantee(defence, spec.delta),
            as_if=study.as_if if study else None,
            groups={
                group: {signal: by_release[defence.name][signal] for signal in spec.signals}
                for group, by_release in measured.items()
            },
            strongest={group: by_release[defence.name][strongest.name] for group, by_release in measured.items()},
            epsilon_lower_bound=lower_bounds[defence.name],
            canary_bounds=canary_bounds[defence.name],
        )
        for defence, study in zip(defences, noise.values(), strict=True)
    }
    sizes = dict(zip(spec.defences, trials.sizes.mean(axis=0).tolist(), strict=True))
    frontier = find_frontier(defences, noise, sizes, game.state)
    unchanged = tuple(each.name for each in defences if not (noise[each.name] or each.release.loses_nothing))
    report = AuditReport(spec, game, trials, scores, strongest, noise, verdicts, notices, frontier, unchanged)
    return report, folder


def _study(game: Game, defences: Sequence[Defence], spec: AuditSpec) -> Iterator[tuple[str, "NoiseStudy | None"]]:
    """Yield the noise of each defence's release, on updates of its own training rule."""
    # The families of noise bring SciPy's statistics, which take a second to import.
    from analysis.studies.noise.update_study import STUDIED_ELEMENTS, study_noise

    elements = sum(tensor.numel() for tensor in game.state.values())
    count = min(NEIGHBOUR_PAIRS, spec.trials, max(1, STUDIED_ELEMENTS // elements))
    for ruled, group in games_of(game, defences):
        pairs = neighbour_pairs(ruled, count)
        for defence in group:
            yield defence.name, study_noise(defence.release, pairs, spec.seed, spec.delta)
