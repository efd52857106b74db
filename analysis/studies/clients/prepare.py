"""From the question of an audit of whole clients to a game that is ready to be played, after a check of its parts."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import numpy as np
from torch import nn

from analysis.reporting.progress import Progress
from analysis.reporting.workers import Workers
from analysis.studies.audit.check import check_pickling, check_signals
from analysis.studies.check import check_clients
from analysis.studies.clients.spec import ClientsSpec
from analysis.studies.duration import describe, seconds_of_training
from analysis.studies.loading import TEST_RECORDS, load_model, load_records
from analysis.studies.one_after_another import one_after_another
from attacks import Game
from attacks.canaries.directions import require_room
from attacks.clients.own_update import OWN_UPDATE
from attacks.game.engine import games_of
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import cloned, stack_of_one, unstack
from fedsz_privacy.data.records import DataSplit
from fedsz_privacy.defences.defence import Defence
from fedsz_privacy.defences.mechanisms.none import none
from fedsz_privacy.federation.federation import Federation
from fedsz_privacy.federation.partition import even_clients
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.gradients import gradient_names
from fedsz_privacy.training.modes import detached

TIMED = 8
"""Clients whose training is timed: those of several trials train side by side."""

SMALLER = "choose fewer --trials, --clients or --target-rounds, or --workers; a GPU is used where there is one"


def load(spec: ClientsSpec) -> tuple[DataSplit, nn.Module]:
    """Load the data and build the model that a spec names.

    Raises
    ------
    InputError
        If there are none of that name, or the data does not suffice.
    """
    needed = (spec.clients + spec.earlier_clients) * spec.client_records
    split = load_records(spec, needed, TEST_RECORDS)
    if len(split.train) < needed:
        raise InputError(
            f"{spec.clients} clients and {spec.earlier_clients} earlier ones of {spec.client_records} records each "
            f"need more than the {len(split.train)} training records of {spec.data}: choose fewer --client-records"
        )
    return split, load_model(spec, split)


def set_up(spec: ClientsSpec, split: DataSplit, model: nn.Module) -> Game:
    """Return the game from the model's initial state: the first records are the candidate clients', in turn."""
    pool = split.train.part(0, spec.clients * spec.client_records)
    state = cloned(detached(model))
    return Game(model, state, pool, split.test, spec.rule, spec.seed, rounds=spec.target_rounds)


def train_before(spec: ClientsSpec, game: Game, split: DataSplit, progress: Progress) -> Game:
    """Return a game from the state that the earlier clients' rounds lead to; no candidate has a part in it."""
    data = split.train.part(len(game.pool), len(game.pool) + spec.earlier_clients * spec.client_records)
    holders = even_clients(spec.earlier_clients, len(data))
    federation = Federation(game.model, data, holders, game.training, none(), game.seed)
    rounds = islice(federation.rounds(stack_of_one(game.state)), spec.rounds)
    *_, last = progress(rounds, description="federated rounds", total=spec.rounds)
    return replace(game, state=unstack(last.after, 0))


def check(spec: ClientsSpec, game: Game, defences: Sequence[Defence], workers: Workers) -> list[str]:
    """Try all parts on a few records; return what a reader should know before the run starts, one line each.

    Raises
    ------
    InputError
        If any of them cannot do its part.
    """
    notices = check_clients(defences, game.model, spec.model, game.pool, spec.expected_records)
    if spec.client_canaries:
        trained = {name: game.state[name] for name in gradient_names(game.model, game.state)}
        require_room(trained, spec.client_canaries)
    check_signals([each for each in spec.get_signals() if each is not OWN_UPDATE], game)
    if workers.count > 1:
        check_pickling(game, spec.model)
    seconds = sum(_seconds(spec, each) for each, _ in games_of(game, defences)) / workers.count
    order = one_after_another(game, defences, spec.trials, "one trial")
    return [*notices, describe(f"training in this run{order} takes", seconds, SMALLER)]


def _seconds(spec: ClientsSpec, game: Game) -> float:
    """Return about how long half of the clients train in all trials, with canaries beside them in as many again."""
    streams, rule = [np.random.default_rng(seed) for seed in range(TIMED)], game.training.sized(spec.client_records)
    batches = rule.draw(np.ones((TIMED, spec.client_records), bool), streams)
    several = Clients(game.knowledge.states, game.pool, batches, streams)
    times = spec.trials * (2 if spec.client_canaries else 1) * spec.clients / 2 * spec.target_rounds
    return times / TIMED * seconds_of_training(rule, game.model, several)
