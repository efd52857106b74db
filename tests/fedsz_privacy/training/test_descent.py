import numpy as np
import pytest
import torch

from fedsz_privacy import InputError
from fedsz_privacy.core.state import stack_of_one
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.batches import ABSENT
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.evaluation import predict

TRAINING = Training(epochs=3, batch_size=4, learning_rate=0.1)
MEMBERSHIP = np.array([[True] * 11 + [False] * 9, [False] * 13 + [True] * 7])


def generators(count):
    return [np.random.default_rng(seed) for seed in range(count)]


def test_each_epoch_visits_each_member_once():
    batches = TRAINING.draw(MEMBERSHIP, generators(2))
    assert batches.shape == (2, 3 * 3, 4)
    for row, members in zip(batches, MEMBERSHIP, strict=True):
        for epoch in np.split(row, 3):
            assert sorted(epoch[epoch != ABSENT]) == np.flatnonzero(members).tolist()


def test_a_clients_batches_depend_on_no_other_client():
    together = TRAINING.draw(MEMBERSHIP, generators(2))[0]
    alone = TRAINING.draw(MEMBERSHIP[:1], generators(1))[0]
    assert (together == alone).all()


@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_bulk_training_equals_a_plain_sgd_loop(digits, name):
    model = build_model(name, digits, seed=1)
    start = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    batches = TRAINING.draw(MEMBERSHIP, generators(2))
    trained = TRAINING.train_many(model, Clients(stack_of_one(start), digits, batches, generators(2)))
    for row, steps in enumerate(batches):
        model.load_state_dict(start)
        optimiser = torch.optim.SGD(model.parameters(), lr=TRAINING.learning_rate)
        for step in steps:
            records = step[step != ABSENT]
            if records.size:
                optimiser.zero_grad()
                outputs = model(digits.inputs[0][records])
                torch.nn.functional.cross_entropy(outputs, digits.targets[records]).backward()
                optimiser.step()
        for key, tensor in model.state_dict().items():
            assert torch.allclose(trained[key][row], tensor, atol=1e-5), key


def test_predict_gives_each_models_logits(digits):
    models = [build_model("mlp", digits, seed) for seed in (0, 1)]
    stacked = {key: torch.stack([m.state_dict()[key] for m in models]) for key in models[0].state_dict()}
    few = digits.part(0, 5)
    logits = predict(models[0], stacked, few)
    for row, model in enumerate(models):
        assert torch.allclose(logits[row], model(few.inputs[0]), atol=1e-5)


@pytest.mark.parametrize("name", ["epochs", "batch_size", "learning_rate"])
def test_a_training_rule_must_be_positive(name):
    with pytest.raises(InputError, match=f"{name.replace('_', ' ')} 0: choose (1 or more|a positive number)"):
        Training(**{name: 0})
