import numpy as np
import pytest
import torch

from analysis.methods.noise.residuals import pool, residuals
from fedsz_privacy.defences.release import Released

UPDATES = [
    {"a": torch.tensor([1.0, 0.0, 3.0]), "b": torch.tensor([5.0])},
    {"a": torch.tensor([0.0, 2.0, 4.0]), "b": torch.tensor([6.0])},
]
RELEASED = [
    Released({"a": torch.tensor([1.5, 0.0, 3.0]), "b": torch.tensor([5.0])}, 1, {"a": 0.5, "b": 2.0}),
    Released({"a": torch.tensor([0.0, 2.0, 3.0]), "b": torch.tensor([6.0])}, 1, {"a": 1.0}),
]


@pytest.fixture(autouse=True)
def few_suffice(monkeypatch):
    monkeypatch.setattr("analysis.methods.noise.residuals.LEAST_ELEMENTS", 2)


def test_changed_elements_carry_error_and_their_own_bound():
    found = residuals(UPDATES, RELEASED)
    assert list(found) == ["a"]
    assert found["a"].original.tolist() == [1, 3, 2, 4]
    assert found["a"].error.tolist() == [0.5, 0, 0, -1]
    assert found["a"].bound.tolist() == [0.5, 0.5, 1, 1]
    assert found["a"].untouched == pytest.approx(2 / 6)


def test_pooling_joins_tensors():
    part = residuals(UPDATES, RELEASED)["a"]
    both = pool([part, part])
    assert both.elements == 12
    assert np.array_equal(both.error, np.tile(part.error, 2))


def test_a_tensor_with_too_few_errors_or_none_is_left_out(monkeypatch):
    same = [Released(update, 1, {"a": 0.5}) for update in UPDATES]
    assert residuals(UPDATES, same) == {}
    monkeypatch.setattr("analysis.methods.noise.residuals.LEAST_ELEMENTS", 5)
    assert residuals(UPDATES, RELEASED) == {}


def test_a_release_that_changes_nothing_has_no_residual():
    assert residuals(UPDATES, [Released(update, 1) for update in UPDATES]) == {}
