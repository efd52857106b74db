"""OpenDP's sampler, where it is installed: it adds the noise that is asked for."""

import numpy as np
import pytest

pytest.importorskip("opendp", reason="opendp is not installed: pip install -e '.[opendp]'")

from fedsz_privacy.defences.parsing import parse_release
from fedsz_privacy.defences.samplers.certified import add_certified


def test_its_noise_has_the_deviation_that_is_asked_for():
    """20,000 draws of the system's randomness: 1% off is two standard errors, 4% fails once in 1e15."""
    noise = add_certified(np.full(20_000, 1000), 300.5, np.random.default_rng(0)) - 1000
    assert noise.std() == pytest.approx(300.5, rel=0.04)
    assert abs(noise.mean()) < 8 * 300.5 / np.sqrt(20_000)


def test_a_release_by_it_has_the_event_of_the_fast_one():
    one, other = (parse_release(f"{kind}:eps=8,clip=1") for kind in ("gaussian", "certified-gaussian"))
    assert (one.event, one.sigma, one.reason) == (other.event, other.sigma, other.reason)
    assert other.name == "certified-gaussian:eps=8,clip=1"
