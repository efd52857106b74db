"""What an honest update may be as long as, and what happens to a longer one."""

import math

import numpy as np
import pytest
import torch

from fedsz_privacy.defences.norm_limit import norm_limit, shortened
from fedsz_privacy.defences.parsing import parse_release
from fedsz_privacy.defences.samplers.histogram import draw_discrete_gaussian


def norm(update):
    return math.hypot(*(float(tensor.double().norm()) for tensor in update.values()))


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 20, 1000])
def test_noise_exceeds_the_limit_less_often_than_stated_and_half_of_it_more_often(count):
    """20,000 norms at a stated 1%: a right limit is exceeded more than 260 times once in 1e5 at most."""
    norms = np.linalg.norm(
        draw_discrete_gaussian(3.0, 20_000 * count, np.random.default_rng(2)).reshape(-1, count), axis=1
    )
    limit = norm_limit(0, 3.0, count, failure=0.01)
    assert (norms > limit).sum() <= 260
    assert (norms > limit / 2).sum() > 260


def test_an_honest_update_that_was_compressed_passes_as_it_is(rng):
    update = {"weight": torch.randn(100, 100), "bias": torch.randn(100)}
    sent = parse_release("gaussian:noise=1,clip=2+fedsz:abs=0.5sigma").apply(update, rng).update
    limit = norm_limit(2, 2, 10_100, bound=1)
    assert norm(sent) < limit < 2 * norm(sent)
    assert all(tensor is sent[name] for name, tensor in shortened(sent, limit).items())


def test_a_hostile_update_is_scaled_down_to_the_limit():
    update = {"weight": torch.full((100, 100), 1e20), "steps": torch.tensor(3)}
    found = shortened(update, 5.0)
    assert norm({"weight": found["weight"]}) == pytest.approx(5.0, rel=1e-5)
    assert found["steps"] == 3
