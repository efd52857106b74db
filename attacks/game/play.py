"""Playing trials: updates pass through releases, an adversary looks, signals read."""

from collections.abc import Sequence

import numpy as np

from attacks.game.adversaries import UPDATE, Adversary
from attacks.game.chunk import TARGET, Chunk
from attacks.game.game import Game
from attacks.game.trial import Trials
from attacks.game.view import View
from attacks.signals import Observed, Signal
from fedsz_privacy.core.errors import InputError
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
        If training diverged, or a signal reads numbers that are not finite.
    """
    chunk = Chunk(game, trials)
    observed, sizes, performance = [], [], []
    for number, release in enumerate(releases):
        rounds = chunk.rounds(release, number)
        views = adversary.looks(game.knowledge, rounds)
        observed.append({signal.name: _read(signal, views) for signal in signals})
        sizes.append(np.mean([each.sent(TARGET).nbytes for each in rounds], axis=0))
        performance.append(measure(game.model, views[-1].client_states, game.test).cpu().numpy())
    return Trials(
        membership=chunk.membership,
        observed={signal.name: np.stack([seen[signal.name] for seen in observed], axis=1) for signal in signals},
        sizes=np.stack(sizes, axis=1),
        performance=np.stack(performance, axis=1),
    )


def _read(signal: Signal, views: Sequence[View]) -> Observed:
    read: Observed = np.stack([signal.observe(view) for view in views], 1)
    if not np.isfinite(read).all():
        raise InputError(f"signal {signal.name} reads numbers that are not finite: lower --learning-rate")
    return read
