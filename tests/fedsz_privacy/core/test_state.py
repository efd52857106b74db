import torch

from fedsz_privacy.core.state import add, flatten, nbytes, stack, subtract, unstack

BEFORE = {"a": torch.tensor([1.0, 2.0]), "b": torch.tensor([[3.0]])}
AFTER = {"a": torch.tensor([2.0, 0.0]), "b": torch.tensor([[5.0]])}


def test_adding_the_difference_leads_back():
    assert all(torch.equal(add(BEFORE, subtract(AFTER, BEFORE))[name], AFTER[name]) for name in AFTER)


def test_stack_unstack_and_flatten_agree():
    stacked = stack([BEFORE, AFTER])
    assert all(torch.equal(unstack(stacked, 1)[name], AFTER[name]) for name in AFTER)
    assert flatten(stacked).tolist() == [[1, 2, 3], [2, 0, 5]]


def test_nbytes_counts_elements_by_width():
    assert nbytes({"a": torch.zeros(3, dtype=torch.float64), "b": torch.zeros(5, dtype=torch.int8)}) == 29
