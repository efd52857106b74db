import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from rivals import decoded


def test_signs_come_at_the_mean_magnitude():
    assert decoded("sign", np.array([3.0, -1.0, 0.0, 0.0])).tolist() == [1.0, -1.0, 1.0, 1.0]


@settings(derandomize=True, deadline=None)
@given(hnp.arrays(np.float64, st.integers(1, 200), elements=st.floats(-100, 100)))
def test_what_is_lost_is_what_the_paper_says(values):
    """What Karimireddy et al., ICML 2019, say of scaled signs, with equality."""
    lost = np.square(decoded("sign", values) - values).sum()
    expected = np.square(values).sum() - np.abs(values).sum() ** 2 / values.size
    assert lost == pytest.approx(expected, rel=1e-9, abs=1e-9 * np.square(values).sum() + 1e-300)


def test_one_bit_a_coordinate(rng):
    import torch

    from fedsz_privacy.defences.parsing import parse_release

    update = {"w": torch.from_numpy(rng.standard_normal(80_000))}
    assert 10_000 < parse_release("sign").apply(update, rng).nbytes < 10_150
