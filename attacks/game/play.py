"""Playing trials: updates pass through releases, an adversary looks, signals read."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from attacks.game.adversaries import UPDATE, Adversary
from attacks.game.chunk import TARGET, Chunk
from attacks.game.game import Game
from attacks.game.looks import find_unsound, look, read
from attacks.game.trial import Trials, beside
from attacks.signals import Signal
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.data.copies import OnCopies
from fedsz_privacy.defences.release import Release
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
    return beside([_through(chunk, number, release, signals, adversary) for number, release in enumerate(releases)])


def _through(chunk: Chunk, number: int, release: Release, signals: Sequence[Signal], adversary: Adversary) -> Trials:
    """Play the trials of a chunk through a release, of that number among the releases."""
    game, trials, rounds = chunk.game, chunk.trials, chunk.rounds(release, number)
    views = look(adversary, game.knowledge, rounds, trials)
    return Trials(
        membership=chunk.membership,
        observed={signal.name: read(signal, views, trials)[:, np.newaxis] for signal in signals},
        sizes=np.mean([each.sent(TARGET).nbytes for each in rounds], axis=0)[:, np.newaxis],
        performance=_measure(game, views[-1].client_states, trials)[:, np.newaxis],
    )


def _measure(game: Game, states: StateDict, trials: Sequence[int]) -> NDArray[np.float64]:
    measured: NDArray[np.float64] = measure(game.model, states, game.test).cpu().numpy()
    if (row := find_unsound(measured)) is not None:
        task = game.test.task
        remedy = "let it measure finite ones" if isinstance(task.measure, OnCopies) else "lower --learning-rate"
        raise InputError(f"{task.metric} of task {task.name} is not finite in trial {trials[row]}: {remedy}")
    return measured
