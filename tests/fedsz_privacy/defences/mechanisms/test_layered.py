"""Layered releases: what is calibrated, what holds against whom, and what is refused.

Error rate of statistical tests: 1 in 1000 each, seeds fixed.
"""

import math

import numpy as np
import pytest
import torch
from dp_accounting import GaussianDpEvent, LaplaceDpEvent, NonPrivateDpEvent
from scipy import stats

from fedsz_privacy import InputError, parse_release
from fedsz_privacy.core.shared_randomness import SharedRandomness
from fedsz_privacy.defences.mechanisms.layered import GaussianLayers, LaplaceLayers, Layered
from fedsz_privacy.defences.mechanisms.secret_noise import add_secret_noise
from fedsz_privacy.defences.proof import Composition, Observer, Unit
from fedsz_privacy.training.accounting import composed, epsilon
from fedsz_privacy.training.events import DiscreteGaussianDpEvent, EpsilonDeltaDpEvent
from fedsz_privacy.training.gaussian_rounds import Adjacency, GaussianRounds

DELTA = 1e-5
NOBODY = np.random.default_rng(0)


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [1, 7])
def test_two_tiers_reach_both_epsilons_over_all_rounds(rounds):
    """The closed form of the Gaussian curve is the oracle for outsiders, Renyi's for the server."""
    release = parse_release("layered-gaussian:eps=1,server=6,clip=0.5", Composition(DELTA, rounds))
    multiplier = release.outsiders.event.noise_multiplier
    exact = GaussianRounds(multiplier, rounds=rounds).epsilon(DELTA, Adjacency.ZERO_OUT)
    assert 0.98 < exact <= 1
    assert 5.9 < epsilon(composed(release.event, rounds), DELTA) <= 6
    assert release.sigma == pytest.approx(0.5 * multiplier)


def test_one_tier_guarantees_nothing_against_the_server_and_all_of_it_against_outsiders():
    release = parse_release("layered-gaussian:noise=2,clip=3")
    assert isinstance(release.event, NonPrivateDpEvent)
    assert "server" in release.reason
    assert release.against(Observer.OUTSIDER).event == GaussianDpEvent(2.0)
    assert "neither frames nor the shared seed" in release.against(Observer.OUTSIDER).reason
    assert release.unit is Unit.CLIENT


def test_multipliers_may_be_given():
    release = parse_release("layered-gaussian:noise=2,secret=1,clip=3")
    assert release.event == DiscreteGaussianDpEvent(1.0)
    assert release.outsiders.event == GaussianDpEvent(2.0)


def test_laplace_has_its_scale_and_what_is_left_against_the_server():
    release = parse_release("layered-laplace:eps=0.5,clip=3", Composition(DELTA, rounds=2))
    assert release.outsiders.event == LaplaceDpEvent(4.0)
    assert release.event == EpsilonDeltaDpEvent(0.0, 0.125)
    assert release.sigma == pytest.approx(math.sqrt(2) * 12)
    assert isinstance(parse_release("layered-laplace:eps=2,clip=3").event, NonPrivateDpEvent)


@pytest.mark.parametrize(
    ("layers", "density"), [(GaussianLayers(2), stats.norm(0, 2)), (LaplaceLayers(2), stats.laplace(0, 2))]
)
def test_a_server_sees_codes_of_neighbours_differ_as_often_as_the_proof_says(layers, density):
    """Binomial test of 200,000 shared draws: |D| times the density at 0, for D below the narrowest cell."""
    count, apart = 200_000, 0.3
    shared = SharedRandomness(1).uniforms(0, (4, count))
    codes = [Layered(layers).encode(np.full(count, each), shared, NOBODY) for each in (0.7, 0.7 + apart)]
    differ = int((codes[0] != codes[1]).sum())
    assert stats.binomtest(differ, count, apart * density.pdf(0)).pvalue > 1e-3


@pytest.mark.parametrize("text", ["layered-gaussian:noise=0.2,clip=2", "layered-gaussian:noise=0.3,secret=0.2,clip=2"])
def test_a_long_update_is_clipped_in_the_l2_norm(text):
    update = {"weight": torch.full((50,), 1e6), "bias": torch.full((14,), 1e6)}
    rng = np.random.default_rng(2)
    sums = [sum(t.double().sum() for t in parse_release(text).apply(update, rng).update.values()) for _ in range(500)]
    expected, deviation = 2 * 64 / 8, parse_release(text).sigma * 8 / math.sqrt(500)
    assert abs(np.mean(sums) - expected) < 3.3 * deviation + 2 * 64 / 256 / 8


def test_secret_noise_covers_every_coordinate_and_is_on_a_lattice():
    values = {"weight": np.random.default_rng(3).normal(size=3000), "bias": np.zeros(5), "none": np.zeros(0)}
    noised = add_secret_noise(values, 1.0, 0.5, np.random.default_rng(4))
    assert [each.size for each in noised.values()] == [3000, 5, 0]
    spacing = 2.0**-14
    assert all((each / spacing % 1 == 0).all() for each in noised.values())
    assert (
        stats.kstest(noised["weight"] - values["weight"] / np.linalg.norm(values["weight"]), "norm", (0, 0.5)).pvalue
        > 1e-3
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("layered-gaussian", "layered-gaussian takes eps, with or without server, or noise"),
        ("layered-gaussian:eps=1,noise=1", "layered-gaussian takes eps, with or without server, or noise"),
        ("layered-gaussian:noise=1,server=8", "layered-gaussian takes eps, with or without server, or noise"),
        ("layered-gaussian:eps=1,secret=1", "layered-gaussian takes eps, with or without server, or noise"),
        ("layered-gaussian:noise=1,secret=1", "secret noise of 1 clip norms, of 1 in all: choose more noise"),
        ("layered-gaussian:eps=8,server=1", "choose more noise against outsiders, or a secret part of at most 0.99"),
        ("layered-gaussian:noise=0", "noise multiplier 0.0: choose a positive number"),
        ("layered-gaussian:noise=1,clip=-1", "clip norm -1.0: choose a positive number"),
        ("layered-laplace:eps=1", "missing a required argument: 'clip'"),
        ("layered-laplace:eps=0,clip=1", "eps 0.0: choose a positive number"),
        ("layered-laplace:eps=1,clip=0", "clip norm 0.0: choose a positive number"),
    ],
)
def test_what_cannot_be_had_is_refused_in_one_line(text, message):
    with pytest.raises(InputError, match=message) as caught:
        parse_release(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["layered-gaussian:eps=1,server=6,clip=1", "layered-laplace:eps=1,clip=1e-3"])
def test_names_read_as_the_same_release(name):
    assert parse_release(name).name == name
