from itertools import islice, product

import numpy as np
import pytest
import torch

from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import stack_of_one
from fedsz_privacy.defences.dpfedavg import DPFedAvg
from fedsz_privacy.defences.mechanisms.none import none
from fedsz_privacy.defences.parsing import parse_release
from fedsz_privacy.federation.federation import Federation
from fedsz_privacy.federation.partition import even_clients
from fedsz_privacy.federation.rounds import Client, play_rounds
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.evaluation import measure

TRAINING = Training(epochs=1, batch_size=8)


@pytest.fixture
def model(digits):
    return build_model("mlp", digits, seed=0)


def test_a_round_is_the_mean_of_the_clients_weighted_by_records(digits, model):
    start = stack_of_one(model.state_dict())
    clients = np.zeros((2, 40), bool)
    clients[0, :30] = clients[1, 30:] = True
    (first,) = islice(Federation(model, digits, clients, TRAINING, none(), seed=5).rounds(start), 1)
    streams = [generator(5, Purpose.FEDERATION, 0, client) for client in (0, 1)]
    trained = TRAINING.train_many(model, Clients(start, digits, TRAINING.draw(clients, streams), streams))
    for name, tensor in trained.items():
        assert torch.allclose(first.after[name], 0.75 * tensor[0] + 0.25 * tensor[1], atol=1e-5)


@pytest.mark.slow
def test_rounds_learn_under_compression_too(digits, model):
    federation = Federation(
        model, digits, even_clients(4, 800), Training(epochs=2), parse_release("fedsz:rel=1e-2"), seed=0
    )
    *_, last = islice(federation.rounds(stack_of_one(model.state_dict())), 6)
    assert float(measure(model, last.after, digits.part(900, 1200))) > 0.8


def test_a_run_continued_in_the_middle_is_the_unbroken_one(digits, model):
    federation = Federation(model, digits, even_clients(2, 60), TRAINING, parse_release("fedsz:rel=1e-1"), seed=1)
    first, second, third = islice(federation.rounds(stack_of_one(model.state_dict())), 3)
    again, _ = islice(federation.rounds(first.after, first=1), 2)
    assert (again.number, third.number) == (1, 2)
    assert all(torch.equal(again.after[name], second.after[name]) for name in second.after)


def test_costs_count_bytes_and_time_of_each_client(digits, model):
    federation = Federation(model, digits, even_clients(3, 60), TRAINING, parse_release("fedsz:rel=1e-1"), seed=1)
    (first,) = islice(federation.rounds(stack_of_one(model.state_dict())), 1)
    assert len(first.clients) == 3
    for cost in (first.sent(client) for client in range(3)):
        assert 0 < cost.nbytes[0] < 340_008 / 10
        assert min(cost.training_seconds, cost.encode_seconds, cost.decode_seconds) > 0


def test_batch_normalisation_keeps_integer_buffers_and_its_statistics(digits):
    class Normed(torch.nn.Sequential):
        def __init__(self):
            super().__init__(
                torch.nn.Flatten(), torch.nn.Linear(64, 16), torch.nn.BatchNorm1d(16), torch.nn.Linear(16, 10)
            )

    model = Normed()
    clients = even_clients(2, 34)
    federation = Federation(
        model, digits, clients, Training(epochs=1, batch_size=8), parse_release("fedsz:rel=1e-2"), 0
    )
    (first,) = islice(federation.rounds(stack_of_one(model.state_dict())), 1)
    assert first.after["2.num_batches_tracked"].dtype == torch.int64
    # 17 records make two full batches and one of a single record, which is skipped.
    assert first.after["2.num_batches_tracked"] == 2
    assert not torch.equal(first.after["2.running_mean"], model.state_dict()["2.running_mean"][None])
    assert model.state_dict()["2.num_batches_tracked"] == 0


@pytest.mark.parametrize(("release", "everybody"), [("none", False), ("ef+topk:share=0.5", True)])
def test_whom_the_draw_leaves_out_does_not_train(release, everybody):
    """With error feedback all do: what a client remembers changes in every round."""
    trained = []

    def client(number):
        def train(played, _):
            trained.append((played, number))
            return {"w": torch.full((1, 4), 0.1)}

        return Client(train, parse_release(release), lambda _: [np.random.default_rng(0)], lambda _: [""])

    rounds = play_rounds(
        [client(number) for number in range(10)],
        [0.1] * 10,
        {"w": torch.zeros(1, 4)},
        aggregation=DPFedAvg(0.5, sampling_rate=0.3),
        generators=lambda number: [np.random.default_rng(number)],
    )
    cohorts = [(each.number, client) for each in islice(rounds, 4) for client in np.flatnonzero(each.cohort[0])]
    before = [each for each in cohorts if each[0] < 3]
    assert 0 < len(before) < 30
    assert sorted(trained) == (list(product(range(3), range(10))) if everybody else before)
