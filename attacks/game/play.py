"""Playing trials: updates pass through releases, an adversary looks, signals read."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from attacks.game.adversaries import UPDATE, Adversary
from attacks.game.cohort import Cohort
from attacks.game.game import Game
from attacks.game.trial import Trials
from attacks.game.view import View
from attacks.signals import Signal
from fedsz_privacy.data.datasets import Dataset
from fedsz_privacy.defences.release import Release
from fedsz_privacy.training.descent import predict


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
    """
    cohort = Cohort(game, trials)
    observed, sizes, accuracy = [], [], []
    for number, release in enumerate(releases):
        exchanges = cohort.exchanges(release, number)
        views = adversary.looks(exchanges)
        observed.append({signal.name: np.stack([signal.observe(view) for view in views], 1) for signal in signals})
        sizes.append(np.mean([each.sizes for each in exchanges], axis=0))
        accuracy.append(_accuracy(views[-1], game.test))
    return Trials(
        membership=cohort.membership,
        observed={signal.name: np.stack([seen[signal.name] for seen in observed], axis=1) for signal in signals},
        sizes=np.stack(sizes, axis=1),
        accuracy=np.stack(accuracy, axis=1),
    )


def _accuracy(view: View, test: Dataset) -> NDArray[np.float64]:
    predicted = predict(view.knowledge.model, view.client_states, test.images).argmax(-1)
    shares: NDArray[np.float64] = (predicted == test.labels).double().mean(dim=1).numpy()
    return shares
