import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from dp_accounting import NonPrivateDpEvent, SelfComposedDpEvent
from dp_accounting.rdp.rdp_privacy_accountant import compute_epsilon
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.defences.conditions import find_unmet
from fedsz_privacy.defences.mechanisms.random_levels import RandomLevels
from fedsz_privacy.defences.mechanisms.rqm import rqm
from fedsz_privacy.defences.mechanisms.worst_pair import worst_pair
from fedsz_privacy.defences.parsing import parse_release
from fedsz_privacy.defences.proof import Unit
from fedsz_privacy.training.accounting import epsilon

ROUNDING = RandomLevels(clip=1.0, levels=16, keep=0.42, beyond=4)
SOME = st.builds(
    lambda levels, beyond, keep: RandomLevels(2.0, levels + 2 * beyond, keep, beyond),
    st.integers(2, 6),
    st.integers(1, 3),
    st.floats(0.05, 0.95),
)
ORDERS = np.array([1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64])


def by_hand(rounding, value):
    """Return the masses of levels by going through every set of kept levels."""
    masses, last = np.zeros(rounding.levels), rounding.levels - 1
    where = value / rounding.step + last / 2
    for inner in product([False, True], repeat=rounding.levels - 2):
        kept = [0, *(level for level, keep in enumerate(inner, 1) if keep), last]
        probability = math.prod(rounding.keep if keep else 1 - rounding.keep for keep in inner)
        low = max(level for level in kept if level <= where and level < last)
        high = min(level for level in kept if level > low)
        masses[low] += probability * (high - where) / (high - low)
        masses[high] += probability * (where - low) / (high - low)
    return masses


@settings(derandomize=True, deadline=None, max_examples=25)
@given(SOME, st.floats(-2, 2))
def test_masses_are_those_of_every_choice_of_levels(rounding, value):
    assert np.allclose(rounding.masses(value), by_hand(rounding, value), atol=1e-12)


@settings(derandomize=True, deadline=None)
@given(SOME, st.floats(-2, 2))
def test_masses_sum_to_one_and_keep_the_mean(rounding, value):
    masses = rounding.masses(value)
    assert masses.sum() == pytest.approx(1)
    assert masses @ rounding.values(np.arange(rounding.levels)) == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize("value", [-1.0, -0.3, 0.0, 1 / 7, 0.777, 1.0])
def test_draws_have_the_stated_masses(value, rng):
    """Fixed seed; chi-squared refuses an exact sampler with probability 1e-3 each."""
    assert fit(ROUNDING, ROUNDING, value, rng) > 1e-3


@pytest.mark.parametrize("broken", [replace(ROUNDING, keep=0.45), replace(ROUNDING, beyond=3)])
def test_a_wrong_share_of_kept_levels_fails_the_same_check(broken, rng):
    assert fit(broken, ROUNDING, 0.3, rng) < 1e-9


def fit(drawing, stated, value, rng):
    counts = np.bincount(drawing.draw(np.full(200_000, value), rng), minlength=stated.levels)
    return stats.chisquare(counts, counts.sum() * stated.masses(value)).pvalue


def test_neighbouring_coordinates_are_drawn_independently(rng):
    """Fixed seed; refused with probability 1e-3 for an exact sampler."""
    drawn = ROUNDING.draw(np.full(400_000, 0.3), rng)
    table = np.histogram2d(drawn[::2], drawn[1::2], bins=np.arange(17) - 0.5)[0]
    seen = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    assert stats.chi2_contingency(seen).pvalue > 1e-3


@settings(derandomize=True, deadline=None, max_examples=50)
@given(SOME)
def test_no_pair_of_values_is_told_apart_better_than_the_worst_one(rounding):
    """A search over many values, levels or not, against the pair that was settled over levels alone."""
    event = worst_pair(rounding)
    values = np.linspace(-2, 2, 23)
    masses = np.stack([rounding.masses(value) for value in values])
    for odds in np.exp(np.linspace(-12, 12, 49)):
        deltas = np.maximum(masses[:, None] - odds * masses[None], 0).sum(axis=-1)
        worst = np.maximum(np.array(event.upper) - odds * np.array(event.lower), 0).sum()
        assert deltas.max() <= worst + 1e-9


@settings(derandomize=True, deadline=None, max_examples=50)
@given(SOME, st.sampled_from(ORDERS.tolist()))
def test_renyi_divergences_are_greatest_at_the_clip(rounding, order):
    values = np.linspace(-2, 2, 17)
    masses = np.stack([rounding.masses(value) for value in values])
    found = [renyi(one, other, order) for one, other in product(masses, masses)]
    assert max(found) <= renyi(rounding.masses(2.0), rounding.masses(-2.0), order) + 1e-9


def test_off_the_levels_the_clip_is_not_the_worst_value():
    """Why the clip must be a level: the same mechanism whose values end between two levels, at order 8."""
    narrow, order = 3.75 / 4.0, 8.0
    levels = [ROUNDING.masses(float(value)) for value in ROUNDING.values(np.arange(16)) if abs(value) < narrow]
    ends = ROUNDING.masses(narrow), ROUNDING.masses(-narrow)
    assert max(renyi(one, other, order) for one, other in product([*levels, *ends], repeat=2)) > renyi(*ends, order)


def renyi(one, other, order):
    """Return the Renyi divergence of an order, in nats."""
    return float(np.log((one * (one / other) ** (order - 1)).sum()) / (order - 1))


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [1, 10, 100])
@pytest.mark.parametrize("keep", [0.2, 0.42])
def test_privacy_losses_give_no_more_than_renyi_divergences(rounds, keep):
    release, rounding = rqm(1.0, keep=keep), RandomLevels(1.0, 16, keep, 4)
    divergences = [rounds * renyi(rounding.masses(1.0), rounding.masses(-1.0), order) for order in ORDERS]
    by_renyi, _ = compute_epsilon(ORDERS, np.array(divergences), 1e-5)
    by_losses = epsilon(SelfComposedDpEvent(release.event, rounds), 1e-5)
    assert 0 < by_losses <= by_renyi


def test_the_guarantee_is_of_one_coordinate_and_names_its_theorem():
    release = rqm(0.5)
    assert release.unit is Unit.COORDINATE
    assert "replaced by any other" in release.reason
    assert "2306.11913" in release.reason
    largest = max(np.log(np.array(release.event.upper) / release.event.lower))
    assert epsilon(release.event, 1e-12) == pytest.approx(largest, abs=1e-3)


def test_behind_another_release_it_covers_no_coordinate_of_what_came_before():
    assert isinstance(parse_release("topk:share=0.1+rqm:clip=1").event, NonPrivateDpEvent)


def test_every_float_is_clipped_and_rounded_whatever_it_is(rng):
    odd = torch.tensor([float("nan"), float("inf"), -float("inf"), 1e30, 0.0])
    sent = rqm(0.5).apply({"w": odd, "half": torch.full((3,), 9.0).half()}, rng).update
    levels = RandomLevels(0.5, 16, 0.42, 4).values(np.arange(16)).astype(np.float32)
    assert np.isin(sent["w"].numpy(), levels).all()
    assert sent["half"].abs().max() <= levels.max()


def test_the_size_of_the_frame_tells_nothing_that_the_levels_do_not():
    """Neither values beyond the clip nor ones that are not finite change how a tensor travels."""
    frames = [
        rqm(1.0).apply({"w": torch.full((50,), value)}, np.random.default_rng(0)) for value in (1.0, 7.0, math.inf)
    ]
    assert len({each.nbytes for each in frames}) == 1
    assert all(each.update["w"].equal(frames[0].update["w"]) for each in frames)


def test_complex_numbers_are_refused(rng):
    with pytest.raises(InputError, match="complex"):
        rqm(1.0).apply({"phase": torch.ones(3, dtype=torch.complex64)}, rng)


STATE = {"weight": torch.zeros(40, 30), "bias": torch.zeros(30)}


def test_the_conditions_of_its_claim_are_met():
    assert find_unmet(rqm(0.5), STATE) is None


def from_the_data(update, generator):
    """Clip at the largest number of the update itself, which is private."""
    return rqm(max(float(tensor.abs().max()) for tensor in update.values()) or 1.0).apply(update, generator)


def without_the_bias(update, generator):
    """Let one tensor pass as it is."""
    sent = rqm(0.5).apply(update, generator)
    return replace(sent, update={**sent.update, "bias": update["bias"]})


@pytest.mark.parametrize(("broken", "found"), [(from_the_data, "depends on the update"), (without_the_bias, "bias")])
def test_the_conditions_expose_what_is_broken(broken, found):
    assert found in find_unmet(replace(rqm(0.5), apply=broken), STATE)


@pytest.mark.parametrize(
    "text", ["rqm:clip=0", "rqm:clip=1,keep=1", "rqm:clip=1,levels=9,beyond=4", "rqm:clip=1,levels=3"]
)
def test_what_it_cannot_be_asked_is_one_line(text):
    with pytest.raises(InputError, match=r"^[^\n]+$"):
        parse_release(text)
