"""The trial engine: trials of any kind are played by workers, kept as soon as they are done, never played twice."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, groupby, islice
from typing import Any, Protocol

import torch
from joblib import delayed

from attacks.game.adversaries import Adversary
from attacks.game.game import Game
from attacks.game.play import play
from attacks.game.trial import Trials, beside
from attacks.game.trial_files import TrialFiles
from attacks.signals import Signal
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.defences.defence import Defence

Pool = Callable[[Iterable[Any]], object]
"""Does joblib's delayed calls, wherever its workers are."""


class Player(Protocol):
    """Plays trials of one kind; a trial is the same whatever others it is played with, up to rounding."""

    def chunks(self, trials: int) -> Sequence[range]:
        """Cut the trials into runs that are played side by side within a bounded memory."""
        ...

    def play(self, trials: range) -> Trials:
        """Play some trials."""
        ...


def games_of(game: Game, defences: Sequence[Defence]) -> list[tuple[Game, list[Defence]]]:
    """Return a game under each training rule, with the defences that have it, in their order."""
    by_rule = groupby(defences, key=lambda defence: defence.training)
    return [(replace(game, training=rule), list(group)) for rule, group in by_rule]


@dataclass(frozen=True)
class RecordPlayer:
    """Plays the membership game on records.

    Parameters
    ----------
    game : Game
        The game, with the training of undefended clients.
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

    def chunks(self, trials: int) -> Sequence[range]:
        """Cut the trials into runs that train at once."""
        return self.game.chunks(trials)

    def play(self, trials: range) -> Trials:
        """Play some trials under every defence."""
        return beside(
            [
                play(game, trials, [defence.release for defence in group], self.signals, self.adversary)
                for game, group in games_of(self.game, self.defences)
            ]
        )


def play_trials(
    player: Player, trials: int, files: TrialFiles, pool: Pool, at_once: int, say: Callable[[str], None]
) -> Iterator[Trials]:
    """Yield every trial in turn, from its file; those that are not there yet are played first.

    Parameters
    ----------
    player : Player
        Plays them.
    trials : int
        Number of trials.
    files : TrialFiles
        Where each trial is kept.
    pool : Pool
        Does the work.
    at_once : int
        Chunks that the pool is given at once.
    say : callable
        Told of each trial that is played again because its file cannot be used.

    Raises
    ------
    InputError
        If workers cannot write to the folder, or one of them is killed.
    """
    chunks, shared = iter(player.chunks(trials)), replace(files, folder=files.folder.absolute())
    while wave := list(islice(chunks, at_once)):
        missing = [chunk for chunk in wave if None in [shared.load(number, say) for number in chunk]]
        pool(delayed(_play_and_keep)(player, chunk, shared) for chunk in missing)
        for number in chain.from_iterable(wave):
            trial = shared.load(number, say)
            if trial is None:
                raise InputError(f"trial {number} is not in {shared.folder}: choose an --out that all workers reach")
            yield trial


def _play_and_keep(player: Player, trials: range, files: TrialFiles) -> None:
    with one_thread():
        played = player.play(trials)
    for row, number in enumerate(trials):
        files.save(played.part(row), number)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute on one thread, so that the last digits do not depend on how many there are."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
