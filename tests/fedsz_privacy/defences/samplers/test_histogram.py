"""The fast sampler: its exact distribution from its table, and what it draws, against the discrete Gaussian's."""

import math
import os

import numpy as np
import pytest
from scipy import stats

from fedsz_privacy.core.words import SystemGenerator, random_words
from fedsz_privacy.defences.samplers.histogram import (
    CHUNK,
    REACH,
    _propose,
    cell_table,
    cell_width,
    draw_discrete_gaussian,
)

SIGMAS = [0.5, 3.0, 20.0, 300.5]
DRAWS = 200_000


def pmf(sigma):
    """Return the probabilities of integers up to far beyond the table's end, and the integers."""
    numbers = np.arange(-math.ceil((REACH + 5) * sigma) - 8, math.ceil((REACH + 5) * sigma) + 9)
    weights = np.exp(-(numbers.astype(float) ** 2) / (2 * sigma**2))
    return numbers, weights / weights.sum()


def of_the_table(sigma, numbers):
    """Return the probabilities that the sampler's table and its chances to keep give integers."""
    width, ends = cell_width(sigma), [0, *map(int, cell_table(sigma)), 2**64]
    cell = np.abs(numbers) // width
    drawn = np.array([(ends[i + 1] - ends[i]) / 2**64 if i + 1 < len(ends) else 0.0 for i in cell]) / width / 2
    kept = np.exp(-(numbers.astype(float) ** 2 - (cell * width).astype(float) ** 2) / (2 * sigma**2))
    weights = drawn * kept
    return weights / weights.sum()


@pytest.mark.parametrize("sigma", [*SIGMAS, 17.3, 5000.0])
def test_its_own_distribution_is_the_discrete_gaussian_to_the_last_digits(sigma):
    """The floats of this test err by about 1e-15, more than the sampler's table does."""
    numbers, exact = pmf(sigma)
    assert np.abs(of_the_table(sigma, numbers) - exact).sum() / 2 < 1e-14


def chi_squared(drawn, sigma):
    """Return the p-value of draws against the discrete Gaussian, in up to 200 groups of which all are expected."""
    numbers, exact = pmf(sigma)
    group = np.minimum(199, (np.cumsum(exact) * 200).astype(int))
    _, group = np.unique(group, return_inverse=True)
    counts = np.bincount(group[drawn - numbers[0]], minlength=group.max() + 1)
    return stats.chisquare(counts, np.bincount(group, exact) * len(drawn)).pvalue


@pytest.mark.parametrize("sigma", SIGMAS)
def test_what_it_draws_passes_chi_squared(sigma):
    """Fixed seeds; each of four tests fails a right sampler with probability 1e-4."""
    assert chi_squared(draw_discrete_gaussian(sigma, DRAWS, np.random.default_rng(7)), sigma) > 1e-4


@pytest.mark.parametrize("sigma", [300.5, 3e6])
def test_what_it_draws_passes_kolmogorov_smirnov_where_the_lattice_is_fine(sigma):
    """Fixed seeds; each of two tests fails a right sampler with probability 1e-4; the lattice moves KS by .0007."""
    drawn = draw_discrete_gaussian(sigma, 50_000, np.random.default_rng(8))
    assert stats.kstest(drawn / sigma, "norm").pvalue > 1e-4


def test_a_normal_number_rounded_is_told_apart_where_the_lattice_is_coarse():
    """The negative control of the chi-squared test."""
    drawn = np.rint(0.5 * np.random.default_rng(7).normal(size=DRAWS)).astype(int)
    assert chi_squared(drawn, 0.5) < 1e-12


@pytest.mark.parametrize("sigma", [0.5, 300.5, 2.0**33])
def test_the_words_at_the_ends_stay_within_the_table(sigma):
    least, most = np.zeros(1, np.uint64), np.full(1, 2**64 - 1, np.uint64)
    assert _propose(sigma, least, least, least) == [0]
    assert len(_propose(sigma, least, np.full(1, 2**63, np.uint64), least)) == 0  # -0
    assert 9 * sigma < -_propose(sigma, most, most, least)[0] < 12 * sigma + 2


def test_as_many_come_as_are_asked_for_and_a_seed_repeats_them():
    for count in (0, 1, CHUNK + 1):
        one, other = (draw_discrete_gaussian(40.0, count, np.random.default_rng(3)) for _ in range(2))
        assert len(one) == count
        assert (one == other).all()


def test_in_deployment_every_word_is_the_operating_systems(monkeypatch):
    monkeypatch.setattr(os, "urandom", bytes)
    assert not random_words(SystemGenerator(), 5).any()
    assert not draw_discrete_gaussian(40.0, 5, SystemGenerator()).any()
    assert random_words(np.random.default_rng(0), 5).any()
