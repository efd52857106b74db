"""Trials of a study, played by its workers and kept in its folder."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from analysis.reporting.folder import RunFolder
from analysis.reporting.progress import Progress, Say
from analysis.reporting.workers import Workers
from attacks import Trials
from attacks.game.engine import Player, play_trials
from attacks.game.trial import alike, concatenate
from attacks.game.trial_files import TrialFiles


@contextmanager
def playing(
    trials: int, folder: RunFolder, workers: Workers, progress: Progress, say: Say
) -> Iterator[Callable[[Player, str], Trials]]:
    """Start the workers, and yield what plays so many trials, from a player and a name of its trials to the trials.

    Parameters
    ----------
    trials : int
        Number of trials.
    folder : RunFolder
        Of the run; finished trials in it are not played again.
    workers : Workers
        Who plays.
    progress : Progress
        Shows how far each kind of trials has come.
    say : callable
        Told of each trial that is played again because its file cannot be used.
    """
    with workers.pool() as pool:

        def played(player: Player, kind: str) -> Trials:
            files = TrialFiles(folder.path / kind.replace(" ", "_"), folder.digest)
            kept = play_trials(player, trials, files, pool, workers.count, say)
            return concatenate(list(progress(alike(kept), description=kind, total=trials)))

        yield played
