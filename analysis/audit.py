"""A whole audit: a question in, a report out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from analysis.membership import Leakage, leakage, resample_weights, roc_statistics
from analysis.neighbours import neighbour_pairs
from analysis.noise_study import NoiseStudy, study_noise
from analysis.prepare import load, start_game
from analysis.progress import Progress, silent
from analysis.run_folder import RunFolder, open_run
from analysis.spec import REFERENCE, AuditSpec
from analysis.verdict import Verdict, guarantee
from attacks import SIGNALS, Game, Scores, Signal, Trials, play
from attacks.trial import beside, concatenate
from fedsz_privacy.defence import Defence
from fedsz_privacy.randomness import Purpose, generator
from fedsz_privacy.state import nbytes

NEIGHBOUR_PAIRS = 8


@dataclass(frozen=True)
class AuditReport:
    """What an audit found; every mapping has a key for each of ``spec.releases``, in that order.

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
        """Mean size of a release's updates on the wire, in bytes."""
        return float(self.trials.sizes[:, self.spec.releases.index(release)].mean())

    def ratio(self, release: str) -> float:
        """Compression ratio of a release, original over compressed."""
        return nbytes(self.game.state) / self.nbytes(release)

    def accuracy(self, release: str) -> float:
        """Mean test accuracy of the client's model as a release's observer decodes it."""
        return float(self.trials.accuracy[:, self.spec.releases.index(release)].mean())


def run_audit(
    spec: AuditSpec, path: Path, signals: Sequence[Signal] = SIGNALS, progress: Progress = silent
) -> tuple[AuditReport, RunFolder]:
    """Run an audit, or finish one that was interrupted.

    Parameters
    ----------
    spec : AuditSpec
        The question.
    path : Path
        Folder of the run; finished trials in it are not played again.
    signals : sequence of Signal
        What the adversary computes.
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
    defences = spec.parse_defences()
    folder = open_run(path, spec.to_dict())
    game = start_game(spec, split, model, progress)
    played = _play(game, spec.trials, defences, signals, folder)
    trials = concatenate(list(progress(played, description="trials", total=spec.trials)))
    scores = _scores(trials, defences, signals)
    noise = dict(progress(_study(game, spec, defences), description="noise", total=len(defences)))
    measured = _measure(spec, trials, scores, progress)
    verdicts = {
        defence.name: Verdict(guarantee(defence), study.as_if if study else None, measured[defence.name])
        for defence, study in zip(defences, noise.values(), strict=True)
    }
    return AuditReport(spec, game, trials, scores, noise, verdicts), folder


def _play(
    game: Game, trials: int, defences: Sequence[Defence], signals: Sequence[Signal], folder: RunFolder
) -> Iterator[Trials]:
    """Yield every trial in turn, from the folder where it is there, and leave it there where it was not."""
    games = _games(game, defences)
    for chunk in game.chunks(trials):
        kept = [trial for number in chunk if (trial := folder.load_trial(number))]
        if len(kept) == len(chunk):
            yield from kept
            continue
        fresh = beside([play(each, chunk, [d.release for d in group], signals) for each, group in games])
        for row, number in enumerate(chunk):
            trial = fresh.part(row)
            folder.save_trial(number, trial)
            yield trial


def _games(game: Game, defences: Sequence[Defence]) -> list[tuple[Game, list[Defence]]]:
    """Return the game under each training rule, with the defences that have it, in their order."""
    return [
        (replace(game, training=rule), list(group))
        for rule, group in groupby(defences, key=lambda defence: defence.training)
    ]


def _study(game: Game, spec: AuditSpec, defences: Sequence[Defence]) -> Iterator[tuple[str, NoiseStudy | None]]:
    """Yield the noise of each defence's release, on updates of its own training rule."""
    for each, group in _games(game, defences):
        pairs = neighbour_pairs(each, min(NEIGHBOUR_PAIRS, spec.trials))
        for defence in group:
            yield defence.name, study_noise(defence.release, pairs, spec.seed)


def _scores(trials: Trials, defences: Sequence[Defence], signals: Sequence[Signal]) -> dict[str, dict[str, Scores]]:
    return {
        defence.name: {
            signal.name: signal.calibrate(trials.observed[signal.name][:, row], trials.membership) for signal in signals
        }
        for row, defence in enumerate(defences)
    }


def _measure(
    spec: AuditSpec, trials: Trials, scores: Mapping[str, Mapping[str, Scores]], progress: Progress
) -> dict[str, dict[str, Leakage]]:
    """Return the leakage of each release by each signal, all from the same resamples."""
    weights = resample_weights(spec.trials, spec.candidates, generator(spec.seed, Purpose.BOOTSTRAP))

    replicates = {
        release: {name: roc_statistics(each, trials.membership, weights) for name, each in by_signal.items()}
        for release, by_signal in progress(scores.items(), description="intervals", total=len(scores))
    }
    return {
        release: {name: leakage(each, replicates[REFERENCE][name]) for name, each in by_signal.items()}
        for release, by_signal in replicates.items()
    }
