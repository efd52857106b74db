"""Dither: cells, what its guarantee says, and what it refuses.

Error rate of statistical tests: 1 in 1000 each, seeds fixed.
"""

import numpy as np
import pytest
import torch
from dp_accounting import NonPrivateDpEvent
from scipy import stats

from fedsz_privacy import InputError, parse_release
from fedsz_privacy.codec.compressors import SZ3
from fedsz_privacy.core.shared_randomness import SharedRandomness
from fedsz_privacy.defences.mechanisms.dither import Dithered
from fedsz_privacy.training.events import EpsilonDeltaDpEvent

NOBODY = np.random.default_rng(0)


def release(text, update, seed=0):
    return parse_release(text).apply(update, np.random.default_rng(seed))


def test_codes_are_those_of_sz3_without_prediction_on_dithered_values():
    """SZ3's own cells are the oracle; a value at an edge of two cells could go to either, and none is."""
    width, rng = 0.02, np.random.default_rng(1)
    x, shared = rng.normal(size=5000), SharedRandomness(2).uniforms(0, (1, 5000))
    dithered = x + width * (shared[0] - 0.5)
    decoded = SZ3().decode(SZ3().encode(dithered, width / 2), x.shape, x.dtype)
    assert np.array_equal(Dithered(width).encode(x, shared, NOBODY), np.rint(decoded / width))


def test_errors_stay_within_the_bounds_that_are_reported(batch_norm_update):
    for text in ("dither:rel=1e-2", "dither:abs=1e-3"):
        released = release(text, batch_norm_update)
        for name, bound in released.bounds.items():
            error = (released.update[name].double() - batch_norm_update[name].double()).abs().max()
            rounding = torch.finfo(batch_norm_update[name].dtype).eps * batch_norm_update[name].abs().max()
            assert error <= bound + rounding


def test_a_relative_bound_is_of_the_range_and_of_the_value_where_there_is_none():
    update = {"weight": torch.linspace(-1, 3, 2000), "one": torch.tensor([5.0]), "zero": torch.zeros(9)}
    released = release("dither:rel=1e-2", update)
    assert released.bounds == pytest.approx({"weight": 0.04, "one": 0.05, "zero": 0})
    assert not released.update["zero"].any()


def test_what_is_not_finite_counts_as_zero():
    update = {"weight": torch.tensor([np.nan, np.inf, -np.inf, 1.0])}
    assert (release("dither:abs=1e-2", update).update["weight"] - torch.tensor([0, 0, 0, 1.0])).abs().max() < 0.011


@pytest.mark.parametrize("apart", [[0.3], [0.1, 0.2, 0.0, 0.4], [0.05] * 8, [1.5]])
def test_codes_of_neighbours_differ_as_often_as_the_theorem_says(apart):
    """Two-sided binomial test of 20,000 shared dithers against 1 - prod (1 - |D| / w)."""
    trials, rng = 20_000, np.random.default_rng(3)
    x = rng.normal(size=(len(apart), 1))
    shared = SharedRandomness(4).uniforms(0, (1, len(apart) * trials))
    pair = [
        Dithered(1.0).encode(np.repeat(each, trials, axis=1).ravel(), shared, NOBODY).reshape(-1, trials)
        for each in (x, x + np.array(apart)[:, None])
    ]
    differ = (pair[0] != pair[1]).any(axis=0).sum()
    stated = 1 - np.prod(np.maximum(0, 1 - np.abs(apart)))
    assert stats.binomtest(int(differ), trials, stated).pvalue > 1e-3


def test_a_clip_norm_makes_a_guarantee_and_nothing_else_does():
    private = parse_release("dither:abs=0.5,clip=1e-4")
    assert private.event == EpsilonDeltaDpEvent(0.0, 1e-4)
    assert "differ with probability 1e-4 at most" in private.reason
    for text in ("dither:rel=1e-2", "dither:abs=1e-2"):
        assert isinstance(parse_release(text).event, NonPrivateDpEvent)
    assert "private range" in parse_release("dither:rel=1e-2").reason


def test_a_long_update_is_clipped_in_the_l1_norm():
    update = {"weight": torch.full((30,), 1e3, dtype=torch.float64), "bias": torch.full((2,), -1e3).double()}
    means = [release("dither:abs=0.5,clip=0.9", update, seed).update["weight"].sum() for seed in range(1000)]
    expected = 0.9 * 30 / 32
    deviation = (30 / 12 / 1000) ** 0.5
    assert abs(np.mean(means) - expected) < 3.3 * deviation


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dither", "dither takes one bound, got 0"),
        ("dither:rel=1e-2,abs=1", "dither takes one bound, got 2"),
        ("dither:size=1", "choose abs or rel"),
        ("dither:rel=2", "error bound rel=2: choose a positive number"),
        ("dither:rel=1e-2,clip=1", "dither:rel takes no clip norm"),
        ("dither:abs=1,clip=2", "clip norm 2: choose less than the width of a cell, 2"),
        ("dither:abs=1,clip=0", "clip norm 0.0: choose a positive number"),
    ],
)
def test_what_cannot_be_had_is_refused_in_one_line(text, message):
    with pytest.raises(InputError, match=message) as caught:
        parse_release(text)
    assert "\n" not in str(caught.value)


def test_a_bound_too_fine_for_the_values_is_refused():
    with pytest.raises(InputError, match="choose a bound"):
        release("dither:abs=1e-12", {"weight": torch.ones(3)})


@pytest.mark.parametrize("name", ["dither:rel=1e-2", "dither:abs=1e-4", "dither:abs=5e-1,clip=1e-4"])
def test_names_read_as_the_same_release(name):
    assert parse_release(name).name == name
