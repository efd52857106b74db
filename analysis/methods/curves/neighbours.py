"""Neighbouring updates: the same client with and without one record, all other random numbers the same."""

from dataclasses import dataclass

import numpy as np

from attacks.game.game import Game
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import StateDict, subtract, unstack
from fedsz_privacy.training.batches import ABSENT
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.divergence import require_convergence
from fedsz_privacy.training.dpsgd import DPTraining
from fedsz_privacy.training.rule import TrainingRule

ADJACENCY = "one of the target's training records left out, same batches otherwise"
OWN_BATCHES = (
    "one of the target's training records left out, same random numbers otherwise; the training draws its own batches, "
    "so they may differ in more than that record"
)


def adjacency(rule: TrainingRule) -> str:
    """Return in words what two neighbours under a training rule have in common.

    Only the built-in rules are given batches from which one record was taken out.
    """
    return ADJACENCY if isinstance(rule, Training | DPTraining) else OWN_BATCHES


@dataclass(frozen=True)
class NeighbourPair:
    """The updates of two trainings, one without one record of the other's: the first, and first minus second."""

    update: StateDict
    difference: StateDict


def neighbour_pairs(game: Game, count: int) -> list[NeighbourPair]:
    """Train the target of the first trials a second time, each without one member drawn at random.

    The differences are what one record did in these runs. They are no bound on what another record could do, so no
    sensitivity in the sense of differential privacy.

    Raises
    ------
    InputError
        If training diverged.
    """
    trials = range(count)
    membership, batches = game.draw(trials)
    without = batches.copy()
    for trial, (members, row) in enumerate(zip(membership, without, strict=True)):
        record = generator(game.seed, Purpose.NEIGHBOUR, trial).choice(np.flatnonzero(members))
        row[row == record] = ABSENT
    present, absent = game.updates(trials, batches), game.updates(trials, without)
    for updates in (present, absent):
        require_convergence(updates, game.knowledge.states, 0, game.training.remedy)
    differences = subtract(present, absent)
    return [NeighbourPair(unstack(present, trial), unstack(differences, trial)) for trial in trials]
