"""The check before an audit: what could fail is tried on a few records, before anything is written or trained.

It also finds out what a reader of the run must know before it starts: what trains one by one, and how long it takes.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from joblib.externals.loky.backend.reduction import dumps

from analysis.reporting.workers import Workers
from analysis.studies.audit.duration import describe_audit, estimate_seconds
from analysis.studies.audit.spec import AuditSpec
from analysis.studies.check import check_clients
from analysis.studies.one_after_another import one_after_another
from attacks import Game, Knowledge, Signal, View
from attacks.canaries.directions import require_room
from attacks.canaries.gradients import add_canaries
from attacks.game.adversaries import AGGREGATE, UPDATE, Adversary
from attacks.game.engine import games_of
from attacks.game.looks import observe
from fedsz_privacy.core.errors import InputError, one_line
from fedsz_privacy.core.imports import is_users_own
from fedsz_privacy.core.state import stack_of_one
from fedsz_privacy.defences.aggregation import AVERAGE
from fedsz_privacy.defences.defence import Defence
from fedsz_privacy.defences.proof import Observer
from fedsz_privacy.training.gradients import gradient_names
from fedsz_privacy.training.rule import require_stepped

TRIED = 4
"""Candidates that signals are tried on."""

CALIBRATED = 8
"""Trials of random numbers that a user's own calibration is tried on: each candidate is in every second."""


def check_audit(
    spec: AuditSpec, game: Game, defences: Sequence[Defence], signals: Sequence[Signal], workers: Workers
) -> list[str]:
    """Try the model, the training, the defences, the canaries, the signals and the workers of an audit.

    Parameters
    ----------
    spec : AuditSpec
        The question.
    game : Game
        The game, from the model's initial state.
    defences, signals : sequence of Defence, sequence of Signal
        What the spec names.
    workers : Workers
        Who plays the trials.

    Returns
    -------
    list of str
        What a reader of the run should know before it starts, one line each.

    Raises
    ------
    InputError
        If any of them cannot do its part.
    """
    notices = check_clients(defences, game.model, spec.model, game.pool, spec.expected_records)
    if spec.gradient_canaries:
        trained = {name: game.state[name] for name in gradient_names(game.model, game.state)}
        require_room(trained, spec.gradient_canaries)
        for ruled, _ in games_of(game, defences):
            add_canaries(ruled.training, game.model, game.state, 1, spec.seed)
    if spec.get_adversary().sees_steps:
        for ruled, _ in games_of(game, defences):
            require_stepped(ruled.training, f"adversary {spec.adversary} needs")
    check_signals(signals, game)
    if workers.count > 1:
        check_pickling(game, spec.model)
    seconds = estimate_seconds(game, defences, signals, spec, workers)
    duration = describe_audit(seconds, spec.trials, one_after_another(game, defences, spec.trials, "one"))
    return [*notices, *behind_what_is_seen(defences, spec.get_adversary()), duration]


def behind_what_is_seen(defences: Sequence[Defence], adversary: Adversary) -> list[str]:
    """Return a line for each defence of which a part comes after what this adversary sees."""
    released = [
        f"{each.name} changes what leaves the client, behind what adversary {adversary.name} sees: leakage, guarantee "
        f"and performance here are those without that; for those with it choose --adversary {UPDATE.name}"
        for each in defences
        if adversary.sees_steps and not each.release.loses_nothing
    ]
    summed = [
        f"{each.name} adds its noise to the sum, behind what adversary {adversary.name} sees: leakage, guarantee and "
        f"performance here are those without it; for those with it choose --adversary {AGGREGATE.name}"
        for each in defences
        if each.aggregation != AVERAGE and adversary.observer is not Observer.AGGREGATES
    ]
    return released + summed


def check_signals(signals: Sequence[Signal], game: Game) -> None:
    """Raise InputError if a signal cannot read, or be calibrated on, a few candidates."""
    knowledge = Knowledge(game.model, stack_of_one(game.state), game.pool.part(0, TRIED))
    still = {name: torch.zeros_like(tensor) for name, tensor in stack_of_one(game.state).items()}
    moved = {name: 1e-3 * tensor if tensor.is_floating_point() else tensor for name, tensor in knowledge.states.items()}
    for signal in signals:
        observed = observe(signal, View(knowledge, moved, (moved, still) if signal.reads_others else ()))
        if is_users_own(signal.calibrate):
            looks = np.random.default_rng(0).standard_normal((CALIBRATED, *observed.shape))
            signal.score(looks, np.indices((CALIBRATED, len(knowledge.pool))).sum(axis=0) % 2 == 0)


def check_pickling(game: Game, name: str) -> None:
    """Raise InputError if a game cannot be sent to workers; the name is what the user calls its model."""
    try:
        dumps(replace(game, pool=game.pool.part(0, 1), test=game.test.part(0, 1), others=(), repeats=1))
    except Exception as error:
        raise InputError(
            f"model {name} cannot be sent to workers ({one_line(error)}): leave out --workers, or define it so that it "
            "can be pickled"
        ) from error
