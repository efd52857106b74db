"""Playing gradient canaries: a training with canaries among its records, and how far each update goes along them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.random import Generator

from attacks.canaries.evidence import add_up_evidence, variance_of_steps
from attacks.canaries.gradients import ALONG, CanaryDesign, CanaryTraining, add_canaries
from attacks.game.engine import Player
from attacks.game.game import Game
from attacks.game.trial import Trials
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import StateDict, add, subtract
from fedsz_privacy.defences.release import Release
from fedsz_privacy.federation.rounds import Client
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.evaluation import measure

UPDATE = "update"
"""Name under which trials keep how far the released update goes along each canary."""

EVIDENCE, VARIANCE = "evidence", "spread"  # so named in trials that are kept
"""Names under which trials keep what `add_up_evidence` and `variance_of_steps` make of all steps."""


@dataclass(frozen=True)
class CanaryPlayer(Player):
    """Plays trials with gradient canaries.

    Parameters
    ----------
    canaries : int
        Number of canaries.
    design : CanaryDesign
        What they are, and what trains beside them.
    """

    canaries: int
    design: CanaryDesign

    def play_releases(self, game: Game, trials: range, releases: Sequence[Release]) -> Trials:
        """Play some trials with canaries in one training rule."""
        training = add_canaries(game.training, game.model, game.state, self.canaries, game.seed, self.design)
        return play_gradient_canaries(game, training, self.design, trials, releases)


def play_gradient_canaries(
    game: Game, training: CanaryTraining, design: CanaryDesign, trials: Sequence[int], releases: Sequence[Release]
) -> Trials:
    """Play some trials at once: each canary, and each record of the design, is in with probability 1/2, independently.

    Parameters
    ----------
    game : Game
        The state that training starts from, and records that train beside the canaries.
    training : CanaryTraining
        How the target trains.
    design : CanaryDesign
        Whether the records of the pool train beside the canaries.
    trials : sequence of int
        Numbers of the trials; each is the same whatever others it is played with, up to rounding.
    releases : sequence of Release
        What the same updates pass through.

    Returns
    -------
    Trials
        Membership of the canaries, (trials, canaries), and what adversaries read who know the state and all directions:
        `UPDATE` by one who sees the released update, `EVIDENCE` and `VARIANCE` by one who sees every step, which no
        release after them changes; higher: more likely a member.

    Raises
    ------
    InputError
        If training diverged.

    Guarantees
    ----------
    The coins, draws and noise of trials are independent. So trials compose in parallel: all canaries of all trials may
    be audited as those of one run, against epsilon of one training.

    Notes
    -----
    The last model alone hides which steps drew a canary: `analysis.studies.audit.canary_views.view_of_update` says what
    that leaves.
    """
    path = (game.seed, Purpose.CANARY, design.trials_path)
    generators = [generator(*path, trial) for trial in trials]
    membership = np.stack([rng.random(len(game.pool) + training.canaries) < 0.5 for rng in generators])
    membership[:, : len(game.pool)] &= design.records
    batches, states = training.draw(membership, generators), game.knowledge.states
    trained = training.train(game.model, Clients(states, game.pool, batches, generators))
    updates = subtract(trained.states, states)
    steps = torch.stack([step[ALONG] for step in trained.steps], dim=1).cpu().numpy()

    def train(_: int, __: StateDict) -> StateDict:
        return updates

    def streams(release: int, _: int) -> list[Generator]:
        return [generator(*path, trial, release) for trial in trials]

    def places(_: int) -> list[str]:
        return [f" in canary trial {trial}" for trial in trials]

    read, sizes, performance = [], [], []
    for number, release in enumerate(releases):
        sent = Client(train, release, partial(streams, number), places, remedy=game.training.remedy).send(0, states)
        read.append(training.score(sent.update)[:, np.newaxis])
        sizes.append(sent.nbytes.astype(float))
        performance.append(measure(game.model, add(states, sent.update), game.test).cpu().numpy())
    of_steps = {EVIDENCE: add_up_evidence(training.base, steps), VARIANCE: variance_of_steps(steps)}
    return Trials(
        membership=membership[:, len(game.pool) :],
        observed={
            UPDATE: np.stack(read, axis=1),
            **{name: np.stack([each[:, np.newaxis]] * len(releases), axis=1) for name, each in of_steps.items()},
        },
        sizes=np.stack(sizes, axis=1),
        performance=np.stack(performance, axis=1),
    )
