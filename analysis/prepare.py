"""From an audit's question to a game that is ready to be played."""

from itertools import islice

from torch import nn

from analysis.progress import Progress
from analysis.spec import AuditSpec
from attacks.game import Game
from fedsz_privacy.datasets import DataSplit, load_data
from fedsz_privacy.errors import InputError
from fedsz_privacy.federated import Federation
from fedsz_privacy.models import build_model
from fedsz_privacy.partition import even_clients
from fedsz_privacy.release import none

TEST_RECORDS = 1000
"""Most test records that an accuracy is measured on."""


def load(spec: AuditSpec) -> tuple[DataSplit, nn.Module]:
    """Load the data and build the model that a spec names.

    Raises
    ------
    InputError
        If there are none of that name, the data does not suffice, or the model cannot be trained in bulk.
    """
    wanted = spec.candidates + (spec.clients - 1) * spec.client_records
    split = load_data(spec.data, wanted, TEST_RECORDS)
    model = build_model(spec.model, split.train.shape, split.train.classes, spec.seed)
    if len(split.train) < spec.candidates + spec.clients - 1:
        raise InputError(
            f"{spec.candidates} candidates and {spec.clients - 1} other clients need more than the {len(split.train)} "
            f"training records of {spec.data}: choose fewer candidates"
        )
    if next(model.buffers(), None) is not None:
        raise InputError(f"model {spec.model!r} keeps running statistics: choose one with group instead of batch norm")
    return split, model


def start_game(spec: AuditSpec, split: DataSplit, model: nn.Module, progress: Progress) -> Game:
    """Run the federation of the other clients and seat the target.

    The first training records are the target's pool, and the other clients share the next ones. The target joins after
    their rounds of federated averaging, so the global model that it starts from has seen no candidate.
    """
    others = spec.clients - 1
    data = split.train.part(spec.candidates, None)
    initial = {name: tensor.detach() for name, tensor in model.state_dict().items()}
    others_train = Federation(model, data, even_clients(others, len(data)), spec.training, none(), spec.seed)
    rounds = islice(others_train.rounds(initial), spec.rounds)
    *_, last = progress(rounds, description="federated rounds", total=spec.rounds)
    return Game(
        model=model,
        state=last.state,
        pool=split.train.part(0, spec.candidates),
        test=split.test,
        training=spec.training,
        seed=spec.seed,
    )
