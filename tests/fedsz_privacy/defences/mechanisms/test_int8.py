import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from rivals import decoded


@settings(derandomize=True, deadline=None)
@given(hnp.arrays(np.float64, st.integers(1, 50), elements=st.floats(-1e6, 1e6)))
def test_no_error_exceeds_half_a_step(values):
    step = np.abs(values).max() / 127
    assert (np.abs(decoded("int8", values) - values) <= step / 2 * (1 + 1e-9)).all()


def test_the_bound_is_reported(rng):
    import torch

    from fedsz_privacy.defences.parsing import parse_release

    update = {"w": torch.tensor([-2.54, 1.0])}
    assert parse_release("int8").apply(update, rng).bounds["w"] == pytest.approx(0.01)
