"""The trials of an audit: played by workers, kept as soon as they are done, never played twice."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, groupby, islice

import torch
from joblib import delayed

from analysis.reporting.folder import RunFolder
from analysis.reporting.workers import Workers
from attacks import Adversary, Game, Signal, Trials, play
from attacks.game.trial import beside
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.defences.defence import Defence


@dataclass(frozen=True)
class Players:
    """What every trial of an audit has in common.

    Parameters
    ----------
    game : Game
        The game, with plain training.
    defences : sequence of Defence
        What stands between the target and the adversary.
    signals : sequence of Signal
        What the adversary computes.
    adversary : Adversary
        What it sees.
    """

    game: Game
    defences: Sequence[Defence]
    signals: Sequence[Signal]
    adversary: Adversary

    def games(self) -> list[tuple[Game, list[Defence]]]:
        """Return the game under each training rule, with the defences that have it, in their order."""
        by_rule = groupby(self.defences, key=lambda defence: defence.training)
        return [(replace(self.game, training=rule), list(group)) for rule, group in by_rule]

    def play(self, trials: range, folder: RunFolder) -> None:
        """Play some trials and keep them."""
        with one_thread():
            played = beside(
                [
                    play(game, trials, [defence.release for defence in group], self.signals, self.adversary)
                    for game, group in self.games()
                ]
            )
        for row, number in enumerate(trials):
            folder.save_trial(number, played.part(row))


def play_trials(players: Players, trials: int, folder: RunFolder, workers: Workers) -> Iterator[Trials]:
    """Yield every trial in turn, from the folder; those that are not there yet are played first.

    Raises
    ------
    InputError
        If workers cannot write to the folder, or one of them is killed.
    """
    chunks, shared = iter(players.game.chunks(trials)), RunFolder(folder.path.absolute())
    with workers.pool() as pool:
        while wave := list(islice(chunks, workers.count)):
            missing = [chunk for chunk in wave if None in map(folder.load_trial, chunk)]
            pool(delayed(players.play)(chunk, shared) for chunk in missing)
            for number in chain.from_iterable(wave):
                trial = folder.load_trial(number)
                if trial is None:
                    raise InputError(f"trial {number} is not in {shared.path}: choose an --out that all workers reach")
                yield trial


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute on one thread, so that the last digits do not depend on how many there are."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
