"""Errors are exactly what each mechanism states, whatever is sent; and each way of breaking them is seen.

Error rate: the checks of a sample together refuse an exact error in at most 1 of 1000 samples, by Bonferroni. Seeds are
fixed, so a run does not differ from the next.
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hard_inputs import hard_inputs
from scipy import stats

from analysis.methods.noise.exactness import LEAST, check_exactness, pair_p_value
from fedsz_privacy import parse_release
from fedsz_privacy.core.shared_randomness import SharedRandomness
from fedsz_privacy.defences.mechanisms.dither import Dithered
from fedsz_privacy.defences.mechanisms.layered import GaussianLayers, LaplaceLayers, Layered
from fedsz_privacy.defences.mechanisms.staircase import Staircase
from fedsz_privacy.defences.mechanisms.two_sided_geometric import TwoSidedGeometric
from fedsz_privacy.defences.proof import Composition

COUNT = 4 * LEAST
CLIP = 0.8


STAIRCASE = Staircase(CLIP, TwoSidedGeometric(0.9))

QUANTISERS = {
    "dither": (Dithered(1.0), stats.uniform(-0.5, 1).cdf),
    "layered-gaussian": (Layered(GaussianLayers(0.7)), stats.norm(0, 0.7).cdf),
    "layered-laplace": (Layered(LaplaceLayers(0.4)), stats.laplace(0, 0.4).cdf),
    "staircase": (STAIRCASE, STAIRCASE.error_cdf),
}
INPUTS = tuple(hard_inputs(1, 1, np.random.default_rng(0)))


def given(kind, name):
    x = hard_inputs(COUNT, 1.0, np.random.default_rng(1))[name]
    return x.clip(-CLIP, CLIP) if kind == "staircase" else x


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("kind", QUANTISERS)
def test_an_error_is_exact_and_independent_of_what_is_sent(kind, name, send):
    quantiser, stated = QUANTISERS[kind]
    x = given(kind, name)
    found = check_exactness(x, send(quantiser, x, seed=2) - x, stated)
    assert found.p_value > 1e-3, found.worst
    assert abs(found.explained) < 4 * found.floor


@pytest.mark.parametrize("kind", QUANTISERS)
def test_errors_of_rounds_and_clients_are_independent(kind, send):
    quantiser, stated = QUANTISERS[kind]
    x = given(kind, "heavy tail")
    first, second = (stated(send(quantiser, x, seed=3, round_number=each) - x) for each in (0, 1))
    assert pair_p_value(first, second) > 1e-3
    assert pair_p_value(first, stated(send(quantiser, x, seed=4) - x)) > 1e-3


@pytest.mark.parametrize("kind", ["dither", "layered-gaussian", "layered-laplace"])
def test_randomness_that_is_used_again_is_seen(kind, send):
    quantiser, stated = QUANTISERS[kind]
    first, second = (stated(send(quantiser, given(kind, name), seed=3) - given(kind, name)) for name in INPUTS[:2])
    assert pair_p_value(first, second) < 1e-9


@pytest.mark.parametrize(
    ("kind", "half"),
    [
        ("dither", Dithered(0.5)),
        ("layered-gaussian", Layered(GaussianLayers(0.35))),
        ("layered-laplace", Layered(LaplaceLayers(0.2))),
        ("staircase", Staircase(CLIP, TwoSidedGeometric(1.8))),
    ],
)
def test_half_the_noise_is_seen(kind, half, send):
    x = given(kind, "heavy tail")
    assert check_exactness(x, send(half, x) - x, QUANTISERS[kind][1]).p_value < 1e-9


@dataclass(frozen=True)
class Undithered(Dithered):
    """The same cells without dither: the negative control."""

    def encode(self, values, shared, secret):
        return super().encode(values, np.full_like(shared, 0.5), secret)

    def decode(self, codes, shared):
        return super().decode(codes, np.full_like(shared, 0.5))


@pytest.mark.parametrize("name", INPUTS)
def test_without_dither_it_is_seen(name, send):
    x = given("dither", name)
    assert check_exactness(x, send(Undithered(1.0), x) - x, stats.uniform(-0.5, 1).cdf).p_value < 1e-9


RELEASES = {
    "dither:abs=1e-2": stats.uniform(-1e-2, 2e-2).cdf,
    "layered-gaussian:noise=2,clip=3": stats.norm(0, 6).cdf,
    "layered-gaussian:noise=2,secret=1.5,clip=3": stats.norm(0, 6).cdf,
    "layered-laplace:eps=0.5,clip=3": stats.laplace(0, 6).cdf,
    "staircase:eps=0.9,clip=0.8": STAIRCASE.error_cdf,
}


@pytest.mark.parametrize("text", RELEASES)
def test_a_release_has_the_error_that_it_states(text):
    """Nothing is clipped here, so the error is the whole difference; 64 bits leave nothing to round."""
    x = np.random.default_rng(5).standard_t(3, COUNT) / 1000
    update = {"weight": torch.from_numpy(x), "bias": torch.from_numpy(x[:100])}
    released = parse_release(text, Composition()).apply(update, np.random.default_rng(6))
    error = released.update["weight"].numpy() - x
    found = check_exactness(x, error, RELEASES[text])
    assert found.p_value > 1e-3, found.worst
    assert error.std() == pytest.approx(parse_release(text).sigma, rel=0.05)
    both = [RELEASES[text](each.numpy() - x[: len(each)]) for each in released.update.values()]
    assert stats.kstest(both[1], "uniform").pvalue > 1e-3
    assert pair_p_value(both[0][:100], both[1]) > 1e-3


@pytest.mark.parametrize("text", ["dither:rel=1e-2", *RELEASES])
def test_the_same_seed_gives_the_same_bits_and_another_does_not(text, batch_norm_update):
    release = parse_release(text)
    once, again, other = (release.apply(batch_norm_update, np.random.default_rng(each)).update for each in (7, 7, 8))
    for name, tensor in batch_norm_update.items():
        assert torch.equal(once[name], again[name])
        assert not tensor.is_floating_point() or not torch.equal(once[name], other[name])


def test_edges_that_differ_in_the_last_place_move_a_value_by_as_much_and_never_by_a_cell():
    shared = SharedRandomness(9).uniforms(0, (4, COUNT))
    quantiser, other = (Layered(GaussianLayers(each)) for each in (1.0, np.nextafter(1.0, 2)))
    x = 50 * np.random.default_rng(10).normal(size=COUNT)
    codes = quantiser.encode(x, shared, np.random.default_rng(0))
    apart = np.abs(other.decode(codes, shared) - quantiser.decode(codes, shared))
    assert apart.max() < 1e-12


@pytest.mark.parametrize(("layers", "least"), [(GaussianLayers(1), 2.3548), (LaplaceLayers(1), 1.3863)])
def test_the_narrowest_cell_is_as_wide_as_the_papers_say(layers, least):
    lower, upper = layers.edges(SharedRandomness(11).uniforms(0, (3, 100_000)))
    assert (upper - lower).min() == pytest.approx(least, abs=1e-4)


@pytest.mark.parametrize(
    ("layers", "peak"), [(GaussianLayers(2), stats.norm(0, 2)), (LaplaceLayers(2), stats.laplace(0, 2))]
)
def test_one_over_the_width_is_the_density_at_its_peak_on_average(layers, peak):
    """That is what a server learns: codes of neighbours D apart differ with probability D times this."""
    lower, upper = layers.edges(SharedRandomness(12).uniforms(0, (3, 1_000_000)))
    assert (1 / (upper - lower)).mean() == pytest.approx(peak.pdf(0), rel=1e-3)
