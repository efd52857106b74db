"""Bounds and rules by patterns of names, through the pipeline too."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fedsz_privacy import ErrorBound, FedSZ, InputError
from fedsz_privacy.codec.layers import LayerBounds, fitting

REL = ErrorBound.rel


def state():
    torch.manual_seed(0)
    return {name: torch.randn(60, 50) for name in ("conv1.weight", "conv10.weight", "fc.weight", "fc.table")}


def test_each_tensor_keeps_the_bound_of_the_first_pattern_that_fits_it():
    bounds = LayerBounds(REL(1e-1), (("conv1.*", REL(1e-3)), ("conv*", ErrorBound.abs(0.02))))
    fedsz, given = FedSZ(bounds), state()
    frame, absolute = fedsz.encode_with_bounds(given)
    expected = {
        "conv1.weight": 1e-3 * (given["conv1.weight"].max() - given["conv1.weight"].min()).item(),
        "conv10.weight": 0.02,
        "fc.weight": 1e-1 * (given["fc.weight"].max() - given["fc.weight"].min()).item(),
    }
    assert absolute == pytest.approx(expected)
    decoded = fedsz.decode(frame)
    for name, bound in absolute.items():
        error = (decoded[name] - given[name]).abs().max().item()
        assert bound / 2 < error <= bound


@given(st.text(max_size=5))
@settings(derandomize=True)
def test_without_patterns_every_name_has_the_one_bound(name):
    assert LayerBounds(REL(0.5)).of(name) == REL(0.5) == REL(0.5).of(name)


@pytest.mark.parametrize(
    ("patterns", "lossy"),
    [
        (["*"], ["conv1.weight", "conv10.weight", "fc.weight", "fc.table"]),
        (["fc.*"], ["fc.weight", "fc.table"]),
        (["conv1.*", "*.table"], ["conv1.weight", "fc.table"]),
        (["FC.*"], []),
        (["conv?.weight"], ["conv1.weight"]),
    ],
)
def test_what_patterns_fit_is_lossy_and_nothing_else(patterns, lossy):
    assert list(FedSZ(REL(1e-2), lossy=fitting(patterns)).bounds(state())) == lossy


@pytest.mark.parametrize(("others", "layers"), [(0.01, ()), (REL(0.1), (("*", 0.01),))])
def test_a_number_is_no_bound_of_a_layer(others, layers):
    with pytest.raises(InputError, match=r"^bound 0\.01 is no ErrorBound: write ErrorBound\.rel\(0\.01\)$"):
        LayerBounds(others, layers)
