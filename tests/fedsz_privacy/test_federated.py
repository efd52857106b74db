from itertools import islice

import numpy as np
import pytest
import torch

from fedsz_privacy import InputError
from fedsz_privacy.federated import even_clients, federated_rounds
from fedsz_privacy.models import build_model
from fedsz_privacy.randomness import Purpose, generator
from fedsz_privacy.training import Training, draw_batches, predict, train

TRAINING = Training(epochs=1, batch_size=8)


def test_every_record_has_one_client_and_sizes_differ_by_one():
    clients = even_clients(3, 20)
    assert (clients.sum(axis=0) == 1).all()
    assert sorted(clients.sum(axis=1)) == [6, 7, 7]


@pytest.mark.parametrize("clients", [0, 21])
def test_no_client_is_left_without_records(clients):
    with pytest.raises(InputError, match="choose from 1 to 20"):
        even_clients(clients, 20)


def test_a_round_is_the_mean_of_the_clients_weighted_by_records(digits):
    model = build_model("mlp", digits.shape, digits.classes, seed=0)
    start = {name: tensor.detach() for name, tensor in model.state_dict().items()}
    clients = np.zeros((2, 40), bool)
    clients[0, :30] = clients[1, 30:] = True
    (state,) = islice(federated_rounds(model, start, digits, clients, TRAINING, seed=5), 1)
    batches = draw_batches(clients, TRAINING, [generator(5, Purpose.FEDERATION, 0, client) for client in (0, 1)])
    trained = train(model, start, digits, batches, TRAINING.learning_rate)
    for name, tensor in trained.items():
        assert torch.allclose(state[name], 0.75 * tensor[0] + 0.25 * tensor[1], atol=1e-6)


def test_rounds_learn(digits):
    model = build_model("mlp", digits.shape, digits.classes, seed=0)
    start = {name: tensor.detach() for name, tensor in model.state_dict().items()}
    *_, state = islice(federated_rounds(model, start, digits, even_clients(4, 800), TRAINING, seed=0), 8)
    test = digits.part(900, 1200)
    logits = predict(model, {name: tensor[None] for name, tensor in state.items()}, test.images)
    assert (logits[0].argmax(-1) == test.labels).double().mean() > 0.75
