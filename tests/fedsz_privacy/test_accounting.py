import dp_accounting
import pytest

from fedsz_privacy.accounting import epsilon


@pytest.mark.parametrize("sigma", [0.5, 1.0, 4.0])
def test_gaussian_event_agrees_with_the_analytic_mechanism(sigma):
    exact = dp_accounting.get_epsilon_gaussian(sigma, 1e-5)
    assert epsilon(dp_accounting.GaussianDpEvent(sigma), 1e-5) == pytest.approx(exact, abs=1e-3)
