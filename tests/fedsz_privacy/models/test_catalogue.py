import pytest
import torch

from fedsz_privacy import InputError
from fedsz_privacy.data import Records, binary, classification, next_token, regression
from fedsz_privacy.models.catalogue import BULK_MODELS, MODELS, build_model


def images(*shape, classes=10):
    return Records((torch.zeros(2, *shape),), torch.zeros(2, dtype=torch.int64), classification(classes))


def rows(columns, task, targets):
    return Records((torch.zeros(2, columns),), targets, task)


def tokens(length, vocabulary):
    return Records((torch.zeros(2, length, dtype=torch.int64),), torch.zeros(2, length).long(), next_token(vocabulary))


@pytest.mark.parametrize("name", BULK_MODELS)
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 32, 32)])
def test_a_model_gives_one_logit_for_each_class(name, shape):
    model = build_model(name, images(*shape, classes=7), seed=0)
    assert model(torch.zeros(2, *shape)).shape == (2, 7)


@pytest.mark.parametrize("name", BULK_MODELS)
def test_no_layer_mixes_the_records_of_a_batch(name):
    model = build_model(name, images(1, 8, 8), seed=0)
    images_of_four = torch.rand(4, 1, 8, 8)
    assert torch.allclose(model(images_of_four)[:1], model(images_of_four[:1]), atol=1e-5)


def test_the_seed_decides_the_weights_and_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    first, again, other = (build_model("mlp", images(1, 8, 8), seed).state_dict()["1.weight"] for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(before, torch.get_rng_state())


def test_an_unknown_model_names_the_known_ones():
    with pytest.raises(InputError, match="unknown model 'vgg': choose one of mlp, cnn, lstm, transformer, alexnet"):
        build_model("vgg", images(1, 8, 8), seed=0)


@pytest.mark.parametrize(
    ("task", "targets", "outputs"),
    [
        (binary(), torch.tensor([0, 1]), 1),
        (regression(), torch.rand(2), 1),
        (regression(3), torch.rand(2, 3), 3),
        (classification(4), torch.tensor([0, 3]), 4),
    ],
)
@pytest.mark.parametrize("columns", [1, 30])
def test_the_perceptron_takes_tables_and_any_number_of_outputs(task, targets, outputs, columns):
    model = build_model("mlp", rows(columns, task, targets), seed=0)
    found = model(torch.rand(2, columns))
    assert found.shape == (2, outputs)
    assert task.loss(found, targets).shape == (2,)


@pytest.mark.parametrize("name", ["lstm", "transformer"])
def test_a_sequence_model_gives_logits_of_the_next_token_at_each_position(name):
    records = tokens(6, 9)
    outputs = build_model(name, records, seed=0)(records.inputs[0])
    assert outputs.shape == (2, 6, 9)
    assert records.task.loss(outputs, records.targets).shape == (2,)


MISFITS = {
    "images": (images(3, 64, 64), {"lstm", "transformer"}),
    "rows": (rows(30, binary(), torch.zeros(2).long()), MODELS.keys() - {"mlp"}),
    "tokens": (tokens(30, 30), MODELS.keys() - {"lstm", "transformer"}),
    "tokens of two classes": (
        Records((torch.zeros(2, 6, dtype=torch.int64),), torch.zeros(2).long(), binary()),
        MODELS.keys(),
    ),
    "images and rows": (
        Records((torch.zeros(2, 1, 8, 8), torch.zeros(2, 3)), torch.zeros(2).long(), binary()),
        MODELS.keys(),
    ),
}


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, (_, names) in MISFITS.items() for name in sorted(names)]
)
def test_records_that_a_model_does_not_take_are_one_line(kind, name):
    with pytest.raises(InputError, match=rf"model {name} takes .*, not torch\.\w+ \(2, .*: choose another") as caught:
        build_model(name, MISFITS[kind][0], seed=0)
    assert "\n" not in str(caught.value)


def test_a_factory_of_a_users_own_gets_the_shape_of_every_input(tmp_path, monkeypatch):
    (tmp_path / "two_inputs.py").write_text(
        "from torch import nn\n\n"
        "def model(shapes, outputs):\n    return nn.Linear(len(shapes) * 10 + len(shapes[0]), outputs)\n"
    )
    monkeypatch.chdir(tmp_path)
    assert build_model("two_inputs:model", MISFITS["images and rows"][0], seed=0).in_features == 23
