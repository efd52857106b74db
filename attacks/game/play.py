"""Playing trials: updates pass through releases, an adversary looks, signals read."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from attacks.game.adversaries import UPDATE, Adversary
from attacks.game.chunk import TARGET, Chunk
from attacks.game.game import Game
from attacks.game.knowledge import Knowledge
from attacks.game.looks import find_unsound, look, read
from attacks.game.trial import Trials, beside
from attacks.signals import Signal
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.defences.release import Release
from fedsz_privacy.federation.rounds import Round
from fedsz_privacy.training.divergence import measure_remedy
from fedsz_privacy.training.evaluation import measure


def play(
    game: Game,
    trials: Sequence[int],
    releases: Sequence[Release],
    signals: Sequence[Signal],
    adversary: Adversary = UPDATE,
) -> Trials:
    """Play some trials: every release gets the same first updates, and every signal looks at each.

    Because each release sees the same updates, differences between releases are paired. Over several rounds they part
    after the first, for the global state follows from what was released.

    Raises
    ------
    InputError
        If training diverged, or a release, the adversary, a signal or the task returns what cannot be used.
    """
    chunk = Chunk(game, trials)
    if adversary.sees_steps:
        # No release changes what it sees, so it looks once.
        seen = look_at(chunk, chunk.epochs(), signals, adversary)
        return beside([replace(seen, sizes=_sizes(chunk.rounds(each, row))) for row, each in enumerate(releases)])
    return beside([_through(chunk, number, release, signals, adversary) for number, release in enumerate(releases)])


def _through(chunk: Chunk, number: int, release: Release, signals: Sequence[Signal], adversary: Adversary) -> Trials:
    """Play the trials of a chunk through a release, of that number among the releases."""
    rounds = chunk.rounds(release, number)
    return replace(look_at(chunk, rounds, signals, adversary), sizes=_sizes(rounds))


class Played(Protocol):
    """Some trials, whoever was in or out in them."""

    @property
    def game(self) -> Game:
        """What was played."""
        ...

    @property
    def trials(self) -> Sequence[int]:
        """Numbers of the trials."""
        ...

    @property
    def knowledge(self) -> Knowledge:
        """What the adversary knows before."""
        ...

    @property
    def membership(self) -> NDArray[np.bool_]:
        """Who was in, a row for each trial."""
        ...


def look_at(chunk: Played, rounds: Sequence[Round], signals: Sequence[Signal], adversary: Adversary) -> Trials:
    """Return what signals read off the rounds that an adversary is shown, as of one release without a size."""
    game, trials = chunk.game, chunk.trials
    views = look(adversary, chunk.knowledge, rounds, trials)
    return Trials(
        membership=chunk.membership,
        observed={signal.name: read(signal, views, trials)[:, np.newaxis] for signal in signals},
        sizes=np.zeros((len(trials), 1)),
        performance=_measure(game, views[-1].client_states, trials)[:, np.newaxis],
    )


def _sizes(rounds: Sequence[Round]) -> NDArray[np.float64]:
    """Return the mean size of the target's update over rounds, (trials, 1)."""
    sizes: NDArray[np.float64] = np.mean([each.sent(TARGET).nbytes for each in rounds], axis=0)[:, np.newaxis]
    return sizes


def _measure(game: Game, states: StateDict, trials: Sequence[int]) -> NDArray[np.float64]:
    measured: NDArray[np.float64] = measure(game.model, states, game.test).cpu().numpy()
    if (row := find_unsound(measured)) is not None:
        name = f"{(task := game.test.task).metric} of task {task.name}"
        remedy = measure_remedy(task, states, game.training.remedy)
        raise InputError(f"{name} is not finite in trial {trials[row]}: {remedy}")
    return measured
