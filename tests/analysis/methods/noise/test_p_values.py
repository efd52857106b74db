import numpy as np
import pytest

from analysis.methods.noise.p_values import REPETITIONS, monte_carlo_p_values


@pytest.mark.parametrize("value", [-0.5, 0.0, 1e30])
def test_errors_that_are_all_alike_reject_every_family_without_a_warning(value):
    least = 1 / (1 + REPETITIONS)
    assert monte_carlo_p_values(np.full(3000, value), 0) == dict.fromkeys(("uniform", "laplace", "normal"), least)
