"""The trial engine: workers play trials of any kind and keep them; a chunk that is whole is not played again."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby, islice
from typing import Any

from joblib import delayed

from attacks.game.adversaries import Adversary
from attacks.game.game import Game
from attacks.game.heartbeat import SUFFIX, beating, listening
from attacks.game.play import play
from attacks.game.trial import Trials, beside
from attacks.game.trial_files import TrialFiles
from attacks.signals import Signal
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.files import one_line_for
from fedsz_privacy.core.threads import one_thread
from fedsz_privacy.defences.defence import Defence
from fedsz_privacy.defences.release import Release

Pool = Callable[[Iterable[Any]], object]
"""Does joblib's delayed calls, wherever its workers are."""


def games_of(game: Game, defences: Sequence[Defence]) -> list[tuple[Game, list[Defence]]]:
    """Return a game under each training rule and aggregation, with the defences that have both, in their order."""
    alike = groupby(defences, key=lambda defence: (defence.training, defence.aggregation))
    return [
        (replace(game, training=rule, aggregation=aggregation), list(group)) for (rule, aggregation), group in alike
    ]


@dataclass(frozen=True)
class Player(ABC):
    """Plays trials of one kind under every defence.

    A trial is the same whatever others it is played with, up to rounding.

    Parameters
    ----------
    game : Game
        The game, with the training of undefended clients.
    defences : sequence of Defence
        What stands between the target and the adversary.
    """

    game: Game
    defences: Sequence[Defence]

    def chunks(self, trials: int) -> Sequence[range]:
        """Cut the trials into runs that train side by side within a bounded memory."""
        return self.game.chunks(trials)

    def play(self, trials: range) -> Trials:
        """Play some trials under every defence."""
        return beside(
            [
                self.play_releases(game, trials, [defence.release for defence in group])
                for game, group in games_of(self.game, self.defences)
            ]
        )

    @abstractmethod
    def play_releases(self, game: Game, trials: range, releases: Sequence[Release]) -> Trials:
        """Play some trials of a game under one training rule; every release gets the same first updates."""


@dataclass(frozen=True)
class RecordPlayer(Player):
    """Plays the membership game on records.

    Parameters
    ----------
    signals : sequence of Signal
        What the adversary computes.
    adversary : Adversary
        What it sees.
    """

    signals: Sequence[Signal]
    adversary: Adversary

    def play_releases(self, game: Game, trials: range, releases: Sequence[Release]) -> Trials:
        """Play some trials under one training rule."""
        return play(game, trials, releases, self.signals, self.adversary)


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
        If workers cannot write to the folder, or one of them is killed or falls silent.
    """
    chunks, shared = iter(player.chunks(trials)), replace(files, folder=files.folder.absolute())
    while wave := list(islice(chunks, at_once)):
        missing = [chunk for chunk in wave if None in [shared.load(number, say) for number in chunk]]
        with listening(shared.folder):
            pool(delayed(_play_and_keep)(player, chunk, shared) for chunk in missing)
        for number in chain.from_iterable(wave):
            trial = shared.load(number, say)
            if trial is None:
                raise InputError(f"trial {number} is not in {shared.folder}: choose an --out that all workers reach")
            yield trial


def _play_and_keep(player: Player, trials: range, files: TrialFiles) -> None:
    with one_line_for("write", files.folder):
        files.folder.mkdir(exist_ok=True)
    with beating(files.path(trials[0]).with_suffix(SUFFIX)), one_thread():
        played = player.play(trials)
    for row, number in enumerate(trials):
        files.save(played.part(row), number)
