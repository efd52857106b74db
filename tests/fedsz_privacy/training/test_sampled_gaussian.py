"""Losses of a Poisson-sampled Gaussian mechanism, all at once, against dp-accounting's one by one."""

import dp_accounting
import numpy as np
import pytest
from dp_accounting.pld import PLDAccountant
from dp_accounting.pld.privacy_loss_mechanism import AdjacencyType, GaussianPrivacyLoss
from hypothesis import given
from hypothesis import strategies as st

from fedsz_privacy.training.accountants import LossAccountant
from fedsz_privacy.training.sampled_gaussian import hockey_stick


@given(
    st.floats(0.05, 50),
    st.floats(1e-6, 1 - 1e-6),
    st.sampled_from([AdjacencyType.ADD, AdjacencyType.REMOVE]),
    st.lists(st.floats(-40, 40), min_size=1, max_size=20),
)
def test_deltas_are_those_of_dp_accounting(noise, rate, adjacency, epsilons):
    loss = GaussianPrivacyLoss(noise, sampling_prob=rate, adjacency_type=adjacency)
    expected = loss.get_delta_for_epsilon(epsilons)
    np.testing.assert_allclose(hockey_stick(loss, np.array(epsilons)), expected, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("adjacency", [AdjacencyType.ADD, AdjacencyType.REMOVE])
def test_no_loss_is_beyond_what_sampling_lets_it_be(adjacency):
    """An outcome is at most 1 / (1 - rate) times as likely without the record as with it."""
    loss = GaussianPrivacyLoss(0.1, sampling_prob=0.25, adjacency_type=adjacency)
    edge = -np.log1p(-0.25) * (1 if adjacency is AdjacencyType.ADD else -1)
    beyond = np.array([edge, 1.5 * edge, 100 * edge])
    expected = np.zeros(3) if adjacency is AdjacencyType.ADD else -np.expm1(beyond)
    np.testing.assert_allclose(hockey_stick(loss, beyond), expected, atol=1e-15)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("noise", "rate", "steps"), [(0.8, 0.1, 50), (0.5, 0.05, 100), (5.0, 0.999, 3), (20.0, 1e-5, 1)]
)
def test_epsilons_and_deltas_of_many_steps_are_those_of_dp_accounting(noise, rate, steps):
    step = dp_accounting.PoissonSampledDpEvent(rate, dp_accounting.GaussianDpEvent(noise))
    found, expected = (each().compose(step, steps) for each in (LossAccountant, PLDAccountant))
    assert found.get_epsilon(1e-6) == pytest.approx(expected.get_epsilon(1e-6), rel=1e-6)
    assert found.get_delta(0.5) == pytest.approx(expected.get_delta(0.5), rel=1e-6)


@pytest.mark.parametrize(("noise", "rate", "epsilon"), [(0.0, 0.5, np.inf), (1.0, 0.0, 0.0)])
def test_no_noise_guarantees_nothing_and_nobody_in_a_batch_loses_nothing(noise, rate, epsilon):
    step = dp_accounting.PoissonSampledDpEvent(rate, dp_accounting.GaussianDpEvent(noise))
    assert LossAccountant().compose(step, 3).get_epsilon(1e-6) == epsilon
