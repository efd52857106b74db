"""The step that is tried before the work is one that clients will make."""

import pytest
import torch

from fedsz_privacy import InputError
from fedsz_privacy.data.records import Records
from fedsz_privacy.data.tasks import classification
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.check import check_rule
from fedsz_privacy.training.descent import Training

NORMALISED = "mobilenetv2"
"""A model of 52 layers of batch normalisation."""


@pytest.fixture
def images():
    draw = torch.Generator().manual_seed(0)
    return Records((torch.randn(64, 3, 32, 32, generator=draw),), torch.arange(64) % 10, classification(10))


@pytest.mark.parametrize("seed", range(3))
def test_a_model_of_many_normalised_layers_is_tried_on_a_whole_batch(images, seed):
    check_rule(Training(batch_size=64, learning_rate=0.05), build_model(NORMALISED, images, seed), NORMALISED, images)


def test_two_records_are_what_it_cannot_learn_from(images):
    # On Fashion-MNIST such a step is 370 to 37,000 times as long as the weights, .02 times with a batch of 64.
    with pytest.raises(InputError, match="training diverged"):
        check_rule(Training(batch_size=2, learning_rate=0.05), build_model(NORMALISED, images, 1), NORMALISED, images)
