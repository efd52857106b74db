import dp_accounting
import pytest

from fedsz_privacy import InputError
from fedsz_privacy.training.accounting import calibrate, epsilon


@pytest.mark.parametrize("sigma", [0.5, 1.0, 4.0])
def test_gaussian_event_agrees_with_the_analytic_mechanism(sigma):
    exact = dp_accounting.get_epsilon_gaussian(sigma, 1e-5)
    assert epsilon(dp_accounting.GaussianDpEvent(sigma), 1e-5) == pytest.approx(exact, abs=1e-3)


def sampled(noise_multiplier):
    step = dp_accounting.PoissonSampledDpEvent(0.1, dp_accounting.GaussianDpEvent(noise_multiplier))
    return dp_accounting.SelfComposedDpEvent(step, 50)


@pytest.mark.slow
@pytest.mark.parametrize("eps", [0.3, 8.0])
def test_calibration_reaches_epsilon_and_not_much_less(eps):
    assert 0.98 * eps < epsilon(sampled(calibrate(sampled, eps, 1e-5)), 1e-5) <= eps


def test_calibration_agrees_with_the_analytic_gaussian_mechanism():
    exact = dp_accounting.get_sigma_gaussian(1.0, 1e-5)
    assert calibrate(dp_accounting.GaussianDpEvent, 1.0, 1e-5) == pytest.approx(exact, rel=2e-3)


@pytest.mark.parametrize("eps", [0.0, -1.0, float("inf"), float("nan")])
def test_epsilon_must_be_positive_and_finite(eps):
    with pytest.raises(InputError, match=f"eps {eps}: choose a positive number"):
        calibrate(sampled, eps, 1e-5)


def test_epsilon_that_next_to_no_noise_reaches_is_refused():
    with pytest.raises(InputError, match=r"eps 1000.0: choose less than \d+"):
        calibrate(sampled, 1000.0, 1e-5)


@pytest.mark.parametrize("delta", [0.0, 1.0, -1e-5, float("nan")])
def test_delta_must_be_between_zero_and_one(delta):
    with pytest.raises(InputError, match=f"delta {delta}: choose a number between 0 and 1"):
        calibrate(sampled, 1.0, delta)
