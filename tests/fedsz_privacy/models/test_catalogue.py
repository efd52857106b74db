import pytest
import torch

from fedsz_privacy import InputError
from fedsz_privacy.models.catalogue import BULK_MODELS, build_model


@pytest.mark.parametrize("name", BULK_MODELS)
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 32, 32)])
def test_a_model_gives_one_logit_for_each_class(name, shape):
    model = build_model(name, shape, 7, seed=0)
    assert model(torch.zeros(2, *shape)).shape == (2, 7)


@pytest.mark.parametrize("name", BULK_MODELS)
def test_no_layer_mixes_the_records_of_a_batch(name):
    model = build_model(name, (1, 8, 8), 10, seed=0)
    images = torch.rand(4, 1, 8, 8)
    assert torch.allclose(model(images)[:1], model(images[:1]), atol=1e-5)


def test_the_seed_decides_the_weights_and_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    first, again, other = (build_model("mlp", (1, 8, 8), 10, seed).state_dict()["1.weight"] for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(before, torch.get_rng_state())


def test_an_unknown_model_names_the_known_ones():
    with pytest.raises(InputError, match="unknown model 'vgg': choose one of mlp, cnn, alexnet"):
        build_model("vgg", (1, 8, 8), 10, seed=0)
