"""The sampler of the staircase: its ratios hold in exact integers, and it is close to what its name says."""

from decimal import Context, Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from fedsz_privacy.defences.mechanisms.two_sided_geometric import TwoSidedGeometric

EPSILONS = [0.001, 0.3, 1.0, 4.0, 19.9, 40.0]


def counts_of(noise, bit):
    """Return how many of the drawn integers lead to each outcome 1 - K, ..., K of a noisy bit."""
    weights = [*noise.weights[:0:-1], *noise.weights]
    counts = [0] * (2 * noise.most)
    for k, weight in zip(range(-noise.most, noise.most + 1), weights, strict=True):
        counts[min(max(bit + k, 1 - noise.most), noise.most) + noise.most - 1] += weight
    return counts


@given(st.floats(0.02, 40))
@settings(derandomize=True, deadline=None, max_examples=30)
def test_no_outcome_is_more_than_e_to_the_epsilon_times_as_likely_under_one_bit_as_under_the_other(epsilon):
    noise = TwoSidedGeometric(epsilon)
    most = Context(prec=60).exp(Decimal(epsilon))
    for one, other in zip(counts_of(noise, 0), counts_of(noise, 1), strict=True):
        assert one <= most * other
        assert other <= most * one


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_it_departs_from_the_distribution_by_less_than_1e_8(epsilon):
    noise = TwoSidedGeometric(epsilon)
    total = noise.weights[0] + 2 * sum(noise.weights[1:])
    k = np.arange(-noise.most, noise.most + 1)
    drawn = np.array([noise.weights[abs(each)] / total for each in k])
    stated = stats.dlaplace(epsilon)
    beyond = 2 * stated.sf(noise.most)
    assert (np.abs(drawn - stated.pmf(k)).sum() + beyond) / 2 < 1e-8
    assert total < 2**63


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_drawn_numbers_have_the_distribution(epsilon):
    """Chi-squared on outcomes of which at least ten are expected; error rate 1 in 1000 for each epsilon."""
    drawn, stated = TwoSidedGeometric(epsilon).draw(100_000, np.random.default_rng(0)), stats.dlaplace(epsilon)
    reach = int(np.log(1e5 / 10 * np.tanh(epsilon / 2)) / epsilon) if epsilon < 9 else 0
    k = np.arange(-reach, reach + 1)
    observed = np.array([np.count_nonzero(drawn == each) for each in k])
    rest, outside = drawn.size - observed.sum(), 1 - stated.pmf(k).sum()
    if drawn.size * outside < 10:
        assert rest < 40
        return
    expected = drawn.size * np.append(stated.pmf(k), outside)
    assert stats.chisquare(np.append(observed, rest), expected).pvalue > 1e-3


def test_both_ends_of_the_drawn_integers_are_the_ends_of_the_range():
    class Ends:
        def integers(self, low, high, count, dtype):
            return np.array([low, high - 1], dtype)[:count]

    noise = TwoSidedGeometric(1.0)
    assert noise.draw(2, Ends()).tolist() == [-noise.most, noise.most]
