"""From an audit's question to a game that is ready to be played."""

from itertools import islice

from torch import nn

from analysis.reporting.progress import Progress
from analysis.studies.audit.spec import AuditSpec
from attacks.canaries.gradients import require_room
from attacks.game.game import Game
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.data.datasets import Dataset, DataSplit, join, load_data
from fedsz_privacy.defences.release import none
from fedsz_privacy.federation.partition import even_clients
from fedsz_privacy.federation.rounds import Federation
from fedsz_privacy.models.catalogue import build_model

TEST_RECORDS = 1000
"""Most test records that an accuracy is measured on."""


def load(spec: AuditSpec) -> tuple[DataSplit, nn.Module]:
    """Load the data and build the model that a spec names.

    Raises
    ------
    InputError
        If there are none of that name, the data does not suffice, or the model cannot be trained in bulk.
    """
    candidates, others = len(spec.repeats), spec.clients - 1
    split = load_data(spec.data, candidates + others * spec.client_records, TEST_RECORDS)
    model = build_model(spec.model, split.train.shape, split.train.classes, spec.seed)
    records = len(split.train)
    if records < candidates + others:
        raise InputError(
            f"{candidates} candidates and {others} other clients need more than the {records} training records of "
            f"{spec.data}: choose fewer candidates"
        )
    if next(model.buffers(), None) is not None:
        raise InputError(f"model {spec.model!r} keeps running statistics: choose one with group instead of batch norm")
    if spec.gradient_canaries:
        require_room(model.state_dict(), spec.gradient_canaries)
    return split, model


def start_game(spec: AuditSpec, split: DataSplit, model: nn.Module, progress: Progress) -> Game:
    """Run the federation of the other clients and seat the target.

    The first training records are the target's pool, those after them become its canaries, and the other clients share
    the next ones. The target joins after their rounds of federated averaging, so the global model that it starts from
    has seen no candidate.
    """
    data = split.train.part(len(spec.repeats), None)
    clients = even_clients(spec.clients - 1, len(data))
    initial = {name: tensor.detach() for name, tensor in model.state_dict().items()}
    others_train = Federation(model, data, clients, spec.training, none(), spec.seed)
    rounds = islice(others_train.rounds(initial), spec.rounds)
    *_, last = progress(rounds, description="federated rounds", total=spec.rounds)
    return Game(
        model=model,
        state=last.state,
        pool=make_pool(spec, split.train),
        test=split.test,
        training=spec.training,
        seed=spec.seed,
        others=tuple(data.select(held) for held in clients),
        rounds=spec.target_rounds,
        repeats=spec.repeats,
    )


def make_pool(spec: AuditSpec, records: Dataset) -> Dataset:
    """Return the candidates: ordinary records, then canaries of each kind, made of the records after them."""
    parts, start = [records.part(0, spec.candidates)], spec.candidates
    for number, (canary, count) in enumerate(spec.parse_canaries()):
        made = canary.make(records.part(start, start + count), generator(spec.seed, Purpose.RECORD_CANARY, number))
        parts.append(made)
        start += count
    return join(parts)
