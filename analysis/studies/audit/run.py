"""A whole audit: a question in, a report out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.methods.curves.neighbours import neighbour_pairs
from analysis.methods.guarantee import guarantee
from analysis.methods.leakage.vulnerable import vulnerable_share
from analysis.methods.over_seeds import Mean, mean_with_interval
from analysis.reporting.folder import RunFolder, open_run
from analysis.reporting.progress import Progress, Say, silent, unsaid
from analysis.reporting.workers import ONE_WORKER, Workers
from analysis.studies.audit.check import check_audit
from analysis.studies.audit.frontier import Frontier, find_frontier
from analysis.studies.audit.measure import (
    RECORDS,
    VULNERABLE,
    bound_epsilon,
    measure,
    performance_over_trials,
    scores_of,
)
from analysis.studies.audit.prepare import load, set_up, train_others
from analysis.studies.audit.spec import AuditSpec
from analysis.studies.audit.strongest import Strongest, choose_strongest
from analysis.studies.audit.verdict import Verdict
from analysis.studies.audit.white_box import bound_by_canaries
from analysis.studies.claims import settle_claims
from analysis.studies.conclusions.defence import Finding, conclude, pair_auc
from analysis.studies.playing import playing
from analysis.studies.questions import to_plain
from analysis.studies.report import Presentation, Report
from analysis.studies.spec import REFERENCE
from attacks import Game, Scores, Trials
from attacks.game.engine import RecordPlayer, games_of
from fedsz_privacy.core.state import nbytes
from fedsz_privacy.core.threads import one_thread
from fedsz_privacy.defences.defence import Defence

if TYPE_CHECKING:
    from analysis.studies.noise.update_study import NoiseStudy

NEIGHBOUR_PAIRS = 8


@dataclass(frozen=True)
class AuditReport(Report):
    """What an audit found; every mapping has a key for each of ``spec.defences``, in that order.

    Attributes
    ----------
    spec : AuditSpec
        What was asked.
    game : Game
        What was played.
    trials : Trials
        What was read off every trial.
    scores : mapping of str to mapping of str to Scores
        Calibrated scores, as ``scores[defence][signal]``.
    strongest : Strongest
        The signal that is shown where one is.
    noise : mapping of str to NoiseStudy or None
        The error of each release; None where there is none.
    verdicts : mapping of str to Verdict
        Guaranteed, as if, and measured.
    notices : tuple of str
        What a reader should know of how it was done, one line each.
    frontier : Frontier or None
        What each release costs against how well one client hides in its noise; None where none makes an error.
    """

    spec: AuditSpec
    game: Game
    trials: Trials
    scores: Mapping[str, Mapping[str, Scores]]
    strongest: Strongest
    noise: Mapping[str, "NoiseStudy | None"]
    verdicts: Mapping[str, Verdict]
    notices: tuple[str, ...] = ()
    frontier: Frontier | None = None

    def nbytes(self, defence: str) -> float:
        """Mean size of the target's update on the wire, in bytes."""
        return self.size(defence).value

    def size(self, defence: str) -> Mean:
        """Mean size of the target's update on the wire, in bytes, with its interval over trials."""
        return mean_with_interval(self.trials.sizes[:, self.spec.defences.index(defence)].tolist()).within(0, inf)

    def ratio(self, defence: str) -> float:
        """Compression ratio of a defence, original over compressed."""
        return nbytes(self.game.state) / self.nbytes(defence)

    def performance(self, defence: str) -> Mean:
        """Mean performance on test records of the model that the adversary's last look shows, by the task's metric.

        Its interval is over trials, on the same test records.
        """
        return performance_over_trials(self.game, self.trials, self.spec.defences.index(defence))

    @staticmethod
    def _presentation() -> Presentation:
        from analysis.studies.audit import report

        return report

    @property
    def conclusion(self) -> tuple[str, ...]:
        """What came out, one line for each defence."""
        averages = {name: verdict.strongest[RECORDS] for name, verdict in self.verdicts.items()}
        return tuple(
            conclude(
                Finding(
                    defence=name,
                    ratio=None if name == REFERENCE else self.ratio(name),
                    measured=pair_auc(name, averages),
                    guarantee=verdict.guarantee,
                    epsilon_lower_bound=verdict.epsilon_lower_bound,
                    canaries=verdict.canary_bounds,
                    exposed=verdict.strongest[VULNERABLE].auc,
                    exposed_share=vulnerable_share(self.spec.candidates),
                )
            )
            for name, verdict in self.verdicts.items()
        )


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
    return AuditReport(spec, game, trials, scores, strongest, noise, verdicts, notices, frontier), folder


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
