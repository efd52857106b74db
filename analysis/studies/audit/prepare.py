"""From an audit's question to a game that is ready to be played."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from torch import nn

from analysis.reporting.numbers import count
from analysis.reporting.progress import Progress
from analysis.studies.audit.spec import AuditSpec, Others
from analysis.studies.loading import TEST_RECORDS, load_model, load_records
from attacks.canaries.records import make_canaries
from attacks.game.game import Game
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import cloned, stack_of_one, unstack
from fedsz_privacy.data.records import DataSplit, Records, join
from fedsz_privacy.defences.mechanisms.none import none
from fedsz_privacy.federation.federation import Federation
from fedsz_privacy.federation.partition import even_clients
from fedsz_privacy.training.modes import detached


def load(spec: AuditSpec) -> tuple[DataSplit, nn.Module]:
    """Load the data and build the model that a spec names.

    Raises
    ------
    InputError
        If there are none of that name, the data does not suffice, or the device is not there.
    """
    candidates, others = len(spec.repeats), spec.clients - 1
    split = load_records(spec, candidates + others * spec.client_records, TEST_RECORDS)
    model = load_model(spec, split)
    records = len(split.train)
    if records < candidates + others:
        raise InputError(
            f"{count(candidates, 'candidate')} and {count(others, 'other client')} need more than the "
            f"{count(records, 'training record')} of {spec.data}: choose fewer candidates"
        )
    return split, model


def set_up(spec: AuditSpec, split: DataSplit, model: nn.Module) -> Game:
    """Return the game from the model's initial state: nobody has trained yet.

    The first training records are the target's pool, those after them become its canaries, and the other clients share
    the next ones.
    """
    data = split.train.part(len(spec.repeats), None)
    clients = even_clients(spec.clients - 1, len(data))
    return Game(
        model=model,
        state=cloned(detached(model)),
        pool=make_pool(spec, split.train),
        test=split.test,
        training=spec.rule,
        seed=spec.seed,
        others=tuple(data.select(held) for held in clients),
        rounds=spec.target_rounds,
        repeats=spec.repeats,
        others_defence=spec.parse_defences()[0] if spec.others is Others.NONE else None,
    )


def start_game(spec: AuditSpec, split: DataSplit, model: nn.Module, progress: Progress) -> Game:
    """Run the federation of the other clients and seat the target.

    The target joins after their rounds of federated averaging, so the global model that it starts from has seen no
    candidate.
    """
    return train_others(set_up(spec, split, model), spec.rounds, progress)


def train_others(game: Game, count: int, progress: Progress) -> Game:
    """Return a game from the state that so many rounds of the other clients lead to, without compression."""
    data, clients = join(game.others), _in_turn([len(records) for records in game.others])
    federation = Federation(game.model, data, clients, game.training, none(), game.seed)
    rounds = islice(federation.rounds(stack_of_one(game.state)), count)
    *_, last = progress(rounds, description="federated rounds", total=count)
    return replace(game, state=unstack(last.after, 0))


def _in_turn(sizes: Sequence[int]) -> NDArray[np.bool_]:
    """Return who holds which of joined records, (clients, records)."""
    owner = np.repeat(np.arange(len(sizes)), sizes)
    return np.equal(owner, np.arange(len(sizes))[:, None])


def make_pool(spec: AuditSpec, records: Records) -> Records:
    """Return the candidates: ordinary records, then canaries of each kind, made of the records after them."""
    parts, start = [records.part(0, spec.candidates)], spec.candidates
    for number, (canary, size) in enumerate(spec.parse_canaries()):
        ordinary = records.part(start, start + size)
        parts.append(make_canaries(canary, ordinary, generator(spec.seed, Purpose.RECORD_CANARY, number)))
        start += size
    return join(parts)
