"""What counts as training that diverged."""

import pytest
import torch

from fedsz_privacy import InputError
from fedsz_privacy.training.divergence import require_convergence

STATES = {"0.weight": torch.ones(1, 4), "1.running_mean": torch.zeros(1, 4), "1.running_var": torch.ones(1, 4)}


def moved(name, by):
    return {each: torch.full_like(tensor, by if each == name else 0.1) for each, tensor in STATES.items()}


@pytest.mark.parametrize("name", ["1.running_mean", "1.running_var"])
def test_statistics_of_large_inputs_are_no_divergence(name):
    require_convergence(moved(name, 1e9), STATES, 0)


@pytest.mark.parametrize(("name", "by"), [("0.weight", 1e4), ("0.weight", torch.nan), ("1.running_var", torch.inf)])
def test_weights_that_moved_far_and_numbers_that_are_not_finite_are(name, by):
    with pytest.raises(InputError, match="training diverged in round 1: lower --learning-rate"):
        require_convergence(moved(name, by), STATES, 0)
