import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fedsz_privacy.core.state import add, average, flatten, nbytes, stack, stack_of_one, subtract, unstack, wide

BEFORE = {"a": torch.tensor([1.0, 2.0]), "b": torch.tensor([[3.0]])}
AFTER = {"a": torch.tensor([2.0, 0.0]), "b": torch.tensor([[5.0]])}


def values(dtype, elements):
    return st.lists(elements, min_size=3, max_size=3).map(lambda numbers: torch.tensor(numbers, dtype=dtype))


def assert_same(found, expected):
    assert list(found) == list(expected)
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype, name
        assert torch.equal(found[name], tensor), name


def test_adding_the_difference_leads_back():
    assert all(torch.equal(add(BEFORE, subtract(AFTER, BEFORE))[name], AFTER[name]) for name in AFTER)


def test_stack_unstack_and_flatten_agree():
    stacked = stack([BEFORE, AFTER])
    assert all(torch.equal(unstack(stacked, 1)[name], AFTER[name]) for name in AFTER)
    assert flatten(stacked).tolist() == [[1, 2, 3], [2, 0, 5]]


def test_nbytes_counts_elements_by_width():
    assert nbytes({"a": torch.zeros(3, dtype=torch.float64), "b": torch.zeros(5, dtype=torch.int8)}) == 29


COUNTERS = {
    "bool": torch.tensor([True, False, True]),
    "uint8": torch.tensor([0, 255, 3], dtype=torch.uint8),
    "int64": torch.tensor([2**62, -(2**62), 5]),
    "scalar": torch.tensor(7),
}
LATER = {
    "bool": torch.tensor([False, False, True]),
    "uint8": torch.tensor([255, 0, 4], dtype=torch.uint8),
    "int64": torch.tensor([-(2**62), 2**62, 6]),
    "scalar": torch.tensor(9),
}


def test_integers_and_bools_are_carried_as_they_are_after():
    update = subtract(LATER, COUNTERS)
    assert_same(update, LATER)
    assert_same(add(COUNTERS, update), LATER)


def test_complex_tensors_are_subtracted_and_added():
    before, after = {"phase": torch.tensor([1 + 2j, 0j])}, {"phase": torch.tensor([2 - 1j, 3j])}
    update = subtract(after, before)
    assert update["phase"].tolist() == [1 - 3j, 3j]
    assert_same(add(before, update), after)


def test_an_infinite_mask_does_not_move():
    mask = torch.full((3, 3), -torch.inf).triu(1)
    update = subtract({"mask": mask, "w": torch.ones(2)}, {"mask": mask.clone(), "w": torch.zeros(2)})
    assert_same(update, {"mask": torch.zeros(3, 3), "w": torch.ones(2)})
    assert_same(add({"mask": mask, "w": torch.zeros(2)}, update), {"mask": mask, "w": torch.ones(2)})


def test_what_becomes_infinite_is_not_hidden():
    update = subtract({"w": torch.tensor([torch.inf, -torch.inf])}, {"w": torch.tensor([0.0, torch.inf])})
    assert not update["w"].isfinite().any()


STATES = st.integers(1, 4).flatmap(
    lambda count: st.lists(
        st.fixed_dictionaries(
            {
                "float": values(torch.float32, st.floats(-1e3, 1e3, width=32)),
                "double": values(torch.float64, st.floats(-1e3, 1e3)),
                "half": values(torch.bfloat16, st.integers(-100, 100)),
                "complex": values(torch.complex64, st.complex_numbers(max_magnitude=1e3, width=64)),
                "bool": values(torch.bool, st.booleans()),
                "uint8": values(torch.uint8, st.integers(0, 255)),
                "int64": values(torch.int64, st.integers(-(2**62), 2**62)),
            }
        ),
        min_size=count,
        max_size=count,
    )
)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(STATES, STATES)
def test_a_stack_is_subtracted_and_added_as_its_states_one_by_one(afters, befores):
    """From one state that all share, as from one for each."""
    alone = [subtract(after, befores[0]) for after in afters]
    assert_same(subtract(stack(afters), stack_of_one(befores[0])), stack(alone))
    assert_same(subtract(stack(afters), stack([befores[0]] * len(afters))), stack(alone))
    assert_same(add(stack_of_one(befores[0]), stack(alone)), stack([add(befores[0], each) for each in alone]))


@settings(derandomize=True, deadline=None, max_examples=60)
@given(STATES, st.data())
def test_the_average_is_the_weighted_mean_with_every_dtype_kept(updates, data):
    weights = data.draw(st.lists(st.integers(1, 50), min_size=len(updates), max_size=len(updates)))
    shares = [weight / sum(weights) for weight in weights]
    found = average(updates, shares)
    for name, first in updates[0].items():
        rows = np.stack(
            [wide(update[name]).numpy().astype(np.result_type(wide(first).numpy(), 1.0)) for update in updates]
        )
        mean = np.average(rows, axis=0, weights=shares)
        assert (found[name].dtype, found[name].shape) == (first.dtype, first.shape)
        if first.is_floating_point() or first.is_complex():
            assert np.allclose(wide(found[name]).numpy(), mean, rtol=0, atol=PRECISION[name])
        else:
            # A mean is rounded to the nearest integer, up to the rounding of sums of 64-bit floats.
            slack = 0.5 + 1e-9 + 8 * np.finfo(np.float64).eps * np.abs(rows).max()
            assert np.abs(found[name].numpy().astype(float) - mean).max() <= slack


PRECISION = {"float": 1e-3, "double": 1e-11, "half": 2.0, "complex": 1e-3}
"""A few roundings of sums of numbers up to a thousand, a hundred of bfloat16."""


def test_counts_are_averaged_by_share_and_rounded():
    updates = [
        {"steps": torch.tensor(10), "mask": torch.tensor([True, False]), "level": torch.tensor(250, dtype=torch.uint8)},
        {"steps": torch.tensor(21), "mask": torch.tensor([False, False]), "level": torch.tensor(9, dtype=torch.uint8)},
    ]
    found = average(updates, [0.75, 0.25])
    # 12.75, and 189.75; a share of 0.75 is more true than false.
    assert (int(found["steps"]), found["mask"].tolist(), int(found["level"])) == (13, [True, False], 190)


def test_floats_are_averaged_as_shares_times_tensors_summed_in_order():
    """The digits of McMahan's sum, computed in each tensor's own dtype."""
    torch.manual_seed(0)
    for dtype in (torch.float32, torch.float64, torch.bfloat16):
        first, second, third = (torch.randn(50).to(dtype) for _ in range(3))
        found = average([{"w": first}, {"w": second}, {"w": third}], [0.2, 0.5, 0.3])
        assert torch.equal(found["w"], 0.2 * first + 0.5 * second + 0.3 * third)
        assert found["w"].dtype == dtype


def test_a_stack_of_updates_is_averaged_row_by_row():
    clients = [{"w": torch.randn(3, 4), "n": torch.tensor([1, 2, 8])} for _ in range(2)]
    found = average(clients, [0.5, 0.5])
    rows = [average([unstack(client, row) for client in clients], [0.5, 0.5]) for row in range(3)]
    assert_same(found, stack(rows))
