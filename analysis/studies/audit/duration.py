"""How long an audit will take, from one timed step of each rule and one timed look, before it starts."""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil

import numpy as np
import torch

from analysis.reporting.numbers import HOUR, spoken
from analysis.reporting.workers import Workers
from analysis.studies.audit.spec import AuditSpec
from analysis.studies.duration import describe, seconds_of_training, timed
from attacks import Adversary, Game, Signal, View
from attacks.game.engine import games_of
from attacks.game.knowledge import Knowledge
from attacks.game.looks import observe
from fedsz_privacy.core.state import StateDict, expand, stack_of_one
from fedsz_privacy.defences.defence import Defence
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.evaluation import measure

LOOKED_AT = 32
"""Candidates that a look is timed on; all of them take as many times as long."""


FEWEST, FEW = 16, 64
"""Trials that a smaller audit is told to play."""


def describe_audit(seconds: float, trials: int, order: str = "") -> str:
    """Return in one line how long the trials of an audit take, and where that is over an hour, a smaller choice.

    ``order`` is what `one_after_another` says of them.
    """
    fewer = min(trials, max(FEWEST, min(FEW, 2 * int(trials * HOUR / seconds / 2)))) if seconds else trials
    return describe(
        f"the trials of this run{order} take",
        seconds,
        f"--trials {fewer} --signal rmia needs few references and takes about {spoken(seconds * fewer / trials)}, "
        "--workers spreads trials over processes, and a GPU is used where there is one",
    )


def estimate_seconds(
    game: Game,
    defences: Sequence[Defence],
    signals: Sequence[Signal],
    spec: AuditSpec,
    workers: Workers,
) -> float:
    """Return about how many seconds the trials of an audit take, from steps and looks timed on this machine.

    Every rule takes one step with as many trials as are played side by side, and the signals look at them once. The
    rounds of the other clients before the target joins count too, and theirs beside it where somebody needs them.
    """
    adversary, trials = spec.get_adversary(), spec.trials
    ruled = [(each, len(group), _seconds_of_training(each, trials)) for each, group in games_of(game, defences)]
    training = sum(seconds * _trainings(each, releases, adversary) for each, releases, seconds in ruled)
    canaries = sum(seconds for *_, seconds in ruled) if spec.gradient_canaries else 0.0
    before = spec.rounds * _share_of_others(game) * ruled[0][2] / trials
    looks = spec.epochs if adversary.sees_steps else 1 if adversary.looks_once else game.rounds
    chunk = game.chunks(trials)[0]
    looking = looks * _seconds_of_looking(game, signals, adversary, len(chunk))
    of_a_chunk = looking + _seconds_of_measuring(game, len(chunk))
    return before + (training + canaries + trials / len(chunk) * len(defences) * of_a_chunk) / workers.count


def _seconds_of_training(game: Game, trials: int) -> float:
    """Return the seconds that all trials' trainings of the target take, one round."""
    chunks = game.chunks(trials)
    membership, batches = game.draw(chunks[0])
    generators = [np.random.default_rng(trial) for trial in range(len(membership))]
    # Where a training is one step, one client is enough; else all that are played side by side share the step.
    rows = 1 if batches.shape[1] == 1 else len(membership)
    clients = Clients(game.knowledge.states, game.pool, batches[:rows], generators[:rows])
    return seconds_of_training(game.training, game.model, clients) * len(chunks) * len(chunks[0]) / rows


def _trainings(game: Game, releases: int, adversary: Adversary) -> float:
    """Return how many trainings of all clients there are for each of the target's in one round."""
    share = _share_of_others(game)
    first_others = share if adversary.sees_others or adversary.sums else 0.0
    later = (game.rounds - 1) * releases
    return 1 + first_others + later * (1 + share)


def _share_of_others(game: Game) -> float:
    """Return how many times as many records the other clients hold as the target is expected to."""
    return sum(map(len, game.others)) / (len(game.copies) / 2)


def _seconds_of_looking(game: Game, signals: Sequence[Signal], adversary: Adversary, trials: int) -> float:
    few = game.pool.part(0, LOOKED_AT)
    knowledge = Knowledge(game.model, stack_of_one(game.state), few)
    still = _still(game, trials)
    view = View(knowledge, still, (still,) * len(game.others) if adversary.sees_others else ())
    for signal in signals:
        observe(signal, replace(view))
    # What is known before the round, such as gradients that are kept, is worked out once for all trials.
    seconds = timed(lambda: [observe(signal, each) for each in [replace(view)] for signal in signals])
    return seconds * len(game.pool) / len(few)


def _seconds_of_measuring(game: Game, trials: int) -> float:
    few = game.test.part(0, LOOKED_AT)
    states = expand(stack_of_one(game.state), trials)
    return timed(lambda: measure(game.model, states, few)) * ceil(len(game.test) / len(few))


def _still(game: Game, trials: int) -> StateDict:
    """Return updates of so many trials that change nothing."""
    return {
        name: torch.zeros_like(tensor) if tensor.is_floating_point() else tensor
        for name, tensor in expand(stack_of_one(game.state), trials).items()
    }
