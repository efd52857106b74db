import math

import dp_accounting
import pytest
import torch

from fedsz_privacy import InputError, Release, Released, parse_release
from fedsz_privacy.accounting import epsilon
from fedsz_privacy.release import RELEASES

NAMES = ["none", "fedsz:rel=1e-2", "fedsz:abs=1e-4", "fedsz:rel=1.25e-2", "fedsz:rel=1e-2+fedsz:abs=1e+2"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_parses_to_a_release_of_that_name(name):
    assert parse_release(name).name == name


def test_another_spelling_of_a_number_gives_the_same_name():
    assert parse_release("fedsz:rel=0.010").name == "fedsz:rel=1e-2"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot read"),
        ("zip", "unknown release 'zip': choose one of none, fedsz"),
        ("fedsz", "takes one bound"),
        ("fedsz:rel=", "cannot read"),
        ("fedsz:rel=big", "'big' is not a number"),
        ("fedsz:rel=0", "choose a positive number"),
        ("fedsz:rel=-1", "choose a positive number"),
        ("fedsz:rel=nan", "choose a positive number"),
        ("fedsz:rel=1e-2,abs=1", "takes one bound"),
        ("fedsz:psnr=40", "choose abs or rel"),
        ("none:rel=1e-2", "none takes other options"),
        ("none+", "cannot read"),
    ],
)
def test_a_string_that_names_no_release_says_why_in_one_line(text, message):
    with pytest.raises(InputError, match=message) as caught:
        parse_release(text)
    assert "\n" not in str(caught.value)


def test_none_releases_the_update_itself(state, rng):
    released = parse_release("none").apply(state, rng)
    assert released.update is state
    assert released.nbytes == sum(t.numel() * t.element_size() for t in state.values())


def test_fedsz_reports_wire_size_and_bounds(rng):
    update = {"weight": torch.linspace(-1, 1, 5000)}
    released = parse_release("fedsz:rel=1e-2").apply(update, rng)
    assert released.nbytes < 5000
    assert released.bounds["weight"] == pytest.approx(0.02)
    assert 0 < (released.update["weight"] - update["weight"]).abs().max() <= 0.02


def test_then_applies_in_order_and_keeps_the_first_event(rng):
    event = dp_accounting.GaussianDpEvent(2.0)
    double = Release("double", lambda u, _: Released({k: 2 * t for k, t in u.items()}, 1), event, "for the test")
    chained = double.then(parse_release("fedsz:abs=1e-3"))
    update = {"weight": torch.linspace(0, 1, 2000)}
    assert chained.event is event
    assert chained.name == "double+fedsz:abs=1e-3"
    assert torch.allclose(chained.apply(update, rng).update["weight"], 2 * update["weight"], atol=1e-3)


def test_nothing_deterministic_is_ever_private():
    for name in ["none", "fedsz:rel=1e-2", "none+fedsz:rel=1e-2", "fedsz:rel=3e-1+none"]:
        assert epsilon(parse_release(name).event, delta=1e-5) == math.inf
    assert set(RELEASES) == {"none", "fedsz"}
