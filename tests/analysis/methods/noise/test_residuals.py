import numpy as np
import pytest
import torch

from analysis.methods.noise.residuals import (
    BoundSource,
    changes,
    fit_on_bound,
    measure_errors,
    pool,
    residuals,
    settle_bound,
)
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


def test_a_changed_tensor_without_a_reported_bound_is_measured_by_its_largest_error():
    silent = [Released(each.update, 1) for each in RELEASED]
    found = residuals(UPDATES, silent)
    assert list(found) == ["a"]
    assert found["a"].error.tolist() == residuals(UPDATES, RELEASED)["a"].error.tolist()
    assert (found["a"].bounds, found["a"].bound_is) == ((1.0, 1.0), BoundSource.OBSERVED)
    assert found["a"].bound.tolist() == [1, 1, 1, 1]


def test_a_bound_is_reported_where_every_changed_update_has_one():
    assert residuals(UPDATES, RELEASED)["a"].bound_is == BoundSource.REPORTED
    one = [RELEASED[0], Released(UPDATES[1], 1)]
    found = residuals(UPDATES, one)["a"]
    assert (found.bounds, found.bound_is) == ((0.5, 0.5), BoundSource.REPORTED)
    other = [RELEASED[0], Released(RELEASED[1].update, 1)]
    assert residuals(UPDATES, other)["a"].bound_is == BoundSource.OBSERVED


@pytest.mark.parametrize("reported", [None, 0.0, -1.0, float("nan"), float("inf")])
def test_a_bound_that_is_no_positive_number_is_replaced_by_what_was_seen(reported):
    assert settle_bound(reported, 0.3) == (0.3, BoundSource.OBSERVED)
    assert settle_bound(0.2, 0.3) == (0.2, BoundSource.REPORTED)


def test_elements_at_zero_that_come_back_otherwise_count():
    released = [Released({"a": each["a"] + 1, "b": each["b"]}, 1) for each in UPDATES]
    found = residuals(UPDATES, released)["a"]
    assert found.error.tolist() == [1] * 6
    assert found.untouched == 0


def test_what_changed_is_read_off_the_values():
    before = {"w": torch.tensor([1.0, float("nan"), float("inf")]), "n": torch.tensor(3), "m": torch.tensor([True])}
    assert not changes(before, {name: tensor.clone() for name, tensor in before.items()})
    assert not changes(before, {**before, "w": before["w"].double()})
    assert changes(before, {**before, "n": torch.tensor(4)})
    assert changes(before, {**before, "m": torch.tensor([False])})
    assert changes(before, {**before, "w": torch.tensor([1.0, 2.0, float("inf")])})
    assert changes(before, {"w": before["w"], "n": before["n"]})


def test_errors_that_are_not_finite_are_not_measured(rng):
    original, decoded = rng.normal(size=3000), rng.normal(size=3000)
    decoded[:3] = np.inf, -np.inf, np.nan
    original[0] = np.inf
    assert measure_errors(original, decoded) == (2997, np.abs(decoded[3:] - original[3:]).max())


def test_an_observed_bound_is_no_known_one_to_compare_with(rng):
    x = rng.normal(size=1000)
    decoded, bound = np.round(x, 1), 0.05
    assert fit_on_bound(x, decoded, bound, BoundSource.REPORTED, 0).on_bound is not None
    assert fit_on_bound(x, decoded, bound, BoundSource.OBSERVED, 0).on_bound is None


def test_updates_of_half_precision_on_the_tape_have_residuals():
    updates = [{"a": torch.nn.Parameter(update["a"].bfloat16())} for update in UPDATES]
    released = [Released({"a": each.update["a"].bfloat16()}, 1, {"a": 1.0}) for each in RELEASED]
    assert residuals(updates, released)["a"].error.tolist() == [0.5, 0, 0, -1]
