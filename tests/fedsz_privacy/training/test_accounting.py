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
    with pytest.raises(InputError, match=r"eps 1000.0: choose less, or noise multiplier 0.2, .*: it keeps to \d+"):
        calibrate(sampled, 1000.0, 1e-5)


@pytest.mark.parametrize("delta", ["0.0", "1.0", "-1e-5", "nan"])
def test_delta_must_be_between_zero_and_one(delta):
    with pytest.raises(InputError, match=f"delta {delta}: choose a number between 0 and 1"):
        calibrate(sampled, 1.0, float(delta))


NEARLY_ALL = 1 - 1e-12
"""A sampling rate at which the losses are composed by a transform, and epsilon is that of the closed form."""


@pytest.mark.slow
@pytest.mark.parametrize(("noise", "steps"), [(17.0, 10_000), (50.0, 100_000)])
def test_what_floats_lose_in_many_steps_makes_no_epsilon_too_small(noise, steps):
    step = dp_accounting.PoissonSampledDpEvent(NEARLY_ALL, dp_accounting.GaussianDpEvent(noise))
    exact = dp_accounting.get_epsilon_gaussian(noise / steps**0.5, 1e-10)
    assert epsilon(dp_accounting.SelfComposedDpEvent(step, steps), 1e-10) >= exact


def test_losses_of_so_many_steps_that_floats_lose_delta_are_counted_by_divergences():
    step = dp_accounting.PoissonSampledDpEvent(0.001, dp_accounting.GaussianDpEvent(2.0))
    many = dp_accounting.SelfComposedDpEvent(step, 10**6)
    by_divergences = dp_accounting.rdp.RdpAccountant().compose(many).get_epsilon(1e-10)
    assert epsilon(many, 1e-10) == by_divergences


@pytest.mark.slow
def test_noise_of_many_steps_at_a_low_rate_is_not_more_than_it_takes():
    """The least noise is 1.366; losses as coarse as the search's gave 1.53, of which epsilon is .85."""

    def many(noise):
        step = dp_accounting.PoissonSampledDpEvent(1e-3, dp_accounting.GaussianDpEvent(noise))
        return dp_accounting.SelfComposedDpEvent(step, 10**5)

    assert 0.99 < epsilon(many(calibrate(many, 1.0, 1e-5)), 1e-5) <= 1
