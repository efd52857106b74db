"""The question of a recommendation is settled before any work."""

import pytest

from analysis.studies.recommend.spec import RecommendSpec
from fedsz_privacy.core.errors import InputError


def test_bounds_are_put_in_order_and_none_is_tried_twice():
    spec = RecommendSpec(bounds="1e-1, 1e-3,0.001,3e-2", max_loss="0.50%")
    assert (spec.bounds, spec.max_loss) == ("0.001,0.03,0.1", "0.5%")
    assert spec.at(0).defences == ("none", "fedsz:rel=1e-3", "fedsz:rel=3e-2", "fedsz:rel=1e-1")
    assert spec == RecommendSpec(bounds="0.001,0.03,0.1")


def test_a_threshold_is_that_of_every_bound_and_the_usual_one_is_not_written():
    assert RecommendSpec(bounds="1e-2", threshold=1000).at(0).defences == ("none", "fedsz:rel=1e-2")
    spec = RecommendSpec(bounds="1e-2,1e-1", threshold=0)
    assert spec.at(0).defences == ("none", "fedsz:rel=1e-2,threshold=0", "fedsz:rel=1e-1,threshold=0")


def test_each_federation_is_the_same_but_for_its_seed():
    spec = RecommendSpec(seed=7, seeds=3, model="mlp", rounds=2)
    assert spec.every_seed == (7, 8, 9)
    assert (spec.at(8).seed, spec.at(8).model, spec.at(8).rounds) == (8, "mlp", 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bounds": ""}, "bounds '': give numbers with commas between, such as 1e-3,1e-2"),
        ({"bounds": "1e-3;1e-2"}, "bounds '1e-3;1e-2': give numbers"),
        ({"bounds": "0,1e-2"}, "bounds rel=0: choose a positive number"),
        ({"bounds": "1e-2,2"}, "bounds rel=2: choose a positive number from"),
        ({"bounds": "nan"}, "bounds rel=nan: choose a positive number"),
        ({"seeds": 1}, "seeds 1: choose 2 or more"),
        ({"seeds": 1001}, "seeds 1001: choose 1000 or less"),
        ({"seed": 2**64 - 1}, "last seed 18446744073709551619: choose 18446744073709551615 or less"),
        ({"clients": 1}, "clients 1: choose 2 or more"),
        ({"max_loss": "-0.5%"}, "max loss '-0.5%': give a number above 0"),
    ],
)
def test_bad_input_is_one_line(change, message):
    with pytest.raises(InputError, match=message.replace("(", r"\(")):
        RecommendSpec(**change)
