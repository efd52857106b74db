import math

import numpy as np
import pytest
import torch

from fedsz_privacy.defences.parsing import parse_release


def _update(rng):
    return {"a": torch.from_numpy(rng.standard_normal((30, 40))).float(), "b": 3 * torch.randn(77), "c": torch.zeros(5)}


def _flat(update):
    return torch.cat([tensor.flatten().double() for tensor in update.values()])


@pytest.mark.parametrize("share", [0.001, 0.05, 0.3, 1.0])
def test_the_largest_numbers_of_the_whole_update_are_kept_as_they_are(share, rng):
    update = _update(rng)
    sent, original = _flat(parse_release(f"topk:share={share}").apply(update, rng).update), _flat(update)
    count = math.ceil(share * original.numel())
    values, places = original.abs().topk(count)
    assert torch.equal(sent[places], original[places])
    assert int((sent != 0).sum()) == int((values != 0).sum())


@pytest.mark.parametrize("share", [0.01, 0.05, 0.5])
def test_what_is_lost_is_at_most_a_share_of_the_square(share, rng):
    """Stich et al., NeurIPS 2018, Definition 2.1; equal magnitudes meet it with equality."""
    for update in (_update(rng), {"w": torch.where(torch.rand(1000) < 0.5, -1.0, 1.0)}):
        original = _flat(update)
        lost = original - _flat(parse_release(f"topk:share={share}").apply(update, rng).update)
        kept = math.ceil(share * original.numel()) / original.numel()
        assert lost.square().sum() <= (1 - kept) * original.square().sum() * (1 + 1e-12)


def test_places_and_values_take_little_more_than_their_entropy(rng):
    share, size = 0.05, 2**18
    update = {"w": torch.from_numpy(rng.standard_normal(size)).float()}
    bits = 8 * parse_release(f"topk:share={share}").apply(update, rng).nbytes / size
    places = -share * np.log2(share) - (1 - share) * np.log2(1 - share)
    assert places + 24 * share < bits < 1.1 * places + 32 * share


def test_all_equal_magnitudes_keep_exactly_k(rng):
    released = parse_release("topk:share=0.1").apply({"w": torch.ones(1000)}, rng)
    assert int(released.update["w"].sum()) == 100
