"""A whole audit: a question in, a report out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis.methods.curves.neighbours import neighbour_pairs
from analysis.methods.guarantee import guarantee
from analysis.reporting.folder import RunFolder, open_run
from analysis.reporting.progress import Progress, silent
from analysis.reporting.workers import Workers
from analysis.studies.audit.measure import bound_epsilon, measure, scores_of
from analysis.studies.audit.playing import Players, play_trials
from analysis.studies.audit.prepare import load, start_game
from analysis.studies.audit.spec import AuditSpec
from analysis.studies.audit.verdict import Verdict
from analysis.studies.audit.white_box import audit_white_box
from analysis.studies.claims import claimed
from analysis.studies.noise.update_study import NoiseStudy, study_noise
from analysis.studies.questions import to_plain
from attacks import Game, Scores, Trials
from attacks.game.trial import concatenate
from fedsz_privacy.core.state import nbytes

ALONE = Workers()
NEIGHBOUR_PAIRS = 8


@dataclass(frozen=True)
class AuditReport:
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
        Calibrated scores, as ``scores[release][signal]``.
    noise : mapping of str to NoiseStudy or None
        The error of each release; None where there is none.
    verdicts : mapping of str to Verdict
        Guaranteed, as if, and measured.
    """

    spec: AuditSpec
    game: Game
    trials: Trials
    scores: Mapping[str, Mapping[str, Scores]]
    noise: Mapping[str, NoiseStudy | None]
    verdicts: Mapping[str, Verdict]

    def nbytes(self, release: str) -> float:
        """Mean size of the target's update on the wire, in bytes."""
        return float(self.trials.sizes[:, self.spec.defences.index(release)].mean())

    def ratio(self, release: str) -> float:
        """Compression ratio of a release, original over compressed."""
        return nbytes(self.game.state) / self.nbytes(release)

    def performance(self, release: str) -> float:
        """Mean performance on test records of the model that the adversary's last look shows, by the task's metric."""
        return float(self.trials.performance[:, self.spec.defences.index(release)].mean())


def run_audit(
    spec: AuditSpec, path: Path, workers: Workers = ALONE, progress: Progress = silent
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

    Returns
    -------
    AuditReport
        What was found.
    RunFolder
        Where it can be written to.

    Raises
    ------
    InputError
        If the data, the model or the folder do not fit the question. Nothing is written then.
    """
    split, model = load(spec)
    defences, signals = spec.parse_defences(claimed(spec, model, split.train)), spec.get_signals()
    folder = open_run(path, to_plain("audit", spec))
    players = Players(start_game(spec, split, model, progress), defences, signals, spec.sees)
    played = play_trials(players, spec.trials, folder, workers)
    trials = concatenate(list(progress(played, description="trials", total=spec.trials)))
    scores = scores_of(trials, spec.defences, signals)
    noise = dict(progress(_study(players, spec), description="noise", total=len(defences)))
    measured = measure(spec, trials, scores, progress)
    lower_bounds = bound_epsilon(spec, trials, signals)
    canary_bounds = audit_white_box(players, spec, progress)
    verdicts = {
        defence.name: Verdict(
            guarantee=guarantee(defence),
            as_if=study.as_if if study else None,
            groups={group: by_release[defence.name] for group, by_release in measured.items()},
            epsilon_lower_bound=lower_bounds[defence.name],
            canary_epsilon_lower_bound=canary_bounds[defence.name],
        )
        for defence, study in zip(defences, noise.values(), strict=True)
    }
    return AuditReport(spec, players.game, trials, scores, noise, verdicts), folder


def _study(players: Players, spec: AuditSpec) -> Iterator[tuple[str, NoiseStudy | None]]:
    """Yield the noise of each defence's release, on updates of its own training rule."""
    for game, group in players.games():
        pairs = neighbour_pairs(game, min(NEIGHBOUR_PAIRS, spec.trials))
        for defence in group:
            yield defence.name, study_noise(defence.release, pairs, spec.seed)
