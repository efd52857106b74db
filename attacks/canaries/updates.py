"""Update canaries: updates that are there or not, for audits of a release with a guarantee of its own.

A release guarantees something for a client's whole update. Its worst case is an update longer than any clip norm, along
one direction, against none at all. Every canary is released by itself, so coins are independent.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attacks.canaries.directions import draw_directions
from attacks.canaries.play import UPDATE
from attacks.game.engine import Player
from attacks.game.game import Game
from attacks.game.trial import Trials
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import StateDict, rows, stack
from fedsz_privacy.defences.release import Release, release_each
from fedsz_privacy.training.gradients import gradient_names

LONG = 1e3
"""L2 norm of a canary's update: above any clip norm, so that what forgets to clip shows."""

DIRECTION_PATH, TRIALS_PATH = 4, 5
"""Where in `Purpose.CANARY` their random streams lie."""


@dataclass(frozen=True)
class UpdateCanaryPlayer(Player):
    """Plays trials of update canaries: each is released if its coin says so, and an update of zeros otherwise.

    Parameters
    ----------
    canaries : int
        Canaries of a trial.
    """

    canaries: int

    def play_releases(self, game: Game, trials: range, releases: Sequence[Release]) -> Trials:
        """Play some trials; what the rule is does not matter, for nothing trains."""
        trained = {name: game.state[name] for name in gradient_names(game.model, game.state)}
        direction = draw_directions(trained, 1, generator(game.seed, Purpose.CANARY, DIRECTION_PATH))
        generators = [generator(game.seed, Purpose.CANARY, TRIALS_PATH, trial) for trial in trials]
        membership = np.stack([rng.random(self.canaries) < 0.5 for rng in generators])
        read = np.zeros((len(trials), len(releases), 1, self.canaries))
        sizes = np.zeros((len(trials), len(releases)))
        for row, trial in enumerate(trials):
            updates = stack([_update(game.state, direction, LONG * float(member)) for member in membership[row]])
            for number, release in enumerate(releases):
                paths = [(TRIALS_PATH, trial, number, canary) for canary in range(self.canaries)]
                streams = [generator(game.seed, Purpose.CANARY, *path) for path in paths]
                released = release_each(release, updates, streams, [f" in canary trial {trial}"] * self.canaries)
                read[row, number, 0] = [_along(direction, each.update) for each in released]
                sizes[row, number] = np.mean([each.nbytes for each in released])
        return Trials(membership, {UPDATE: read}, sizes, np.zeros_like(sizes))


def _update(state: StateDict, direction: StateDict, norm: float) -> StateDict:
    """Return an update of a norm along a direction; what does not train stays as it is."""
    return {
        name: norm * direction[name][0].to(tensor)
        if name in direction
        else tensor.new_zeros(tensor.shape)
        if tensor.is_floating_point()
        else tensor
        for name, tensor in state.items()
    }


def _along(direction: StateDict, update: StateDict) -> float:
    return sum(float(rows(each).double() @ update[name].reshape(-1).double().cpu()) for name, each in direction.items())
