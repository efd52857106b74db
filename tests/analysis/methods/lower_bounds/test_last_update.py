"""The epsilon of a fixed canary in the sum of all steps, against known numbers and numerical integrals."""

import numpy as np
import pytest
from dp_accounting import get_epsilon_gaussian
from scipy import integrate
from scipy.stats import binom, norm

from analysis.methods.lower_bounds.last_update import last_update_epsilon
from fedsz_privacy import InputError
from fedsz_privacy.training.accounting import epsilon
from fedsz_privacy.training.dpsgd import DPTraining


@pytest.mark.parametrize(("noise", "known"), [(2.93, 0.97), (1.145, 3.21), (0.803, 5.37), (0.583, 8.92)])
def test_known_answers(noise, known):
    assert last_update_epsilon(noise, 0.1, 50, 1e-5) == pytest.approx(known, abs=0.01)


@pytest.mark.parametrize(("noise", "rate", "steps"), [(0.8, 0.1, 50), (2.0, 0.5, 4), (0.6, 0.02, 10), (1.0, 1.0, 3)])
def test_delta_at_that_epsilon_is_the_integral_of_what_one_density_exceeds_the_other_by(noise, rate, steps):
    found, deviation, draws = last_update_epsilon(noise, rate, steps, 1e-4), noise * steps**0.5, np.arange(steps + 1)
    shares = binom.pmf(draws, steps, rate)

    def there(y):
        return shares @ norm.pdf(y, draws, deviation)

    def gone(y):
        return norm.pdf(y, 0, deviation)

    def delta(first, second):
        def excess(y):
            return max(0, first(y) - np.exp(found) * second(y))

        return integrate.quad(excess, -12 * deviation, steps + 12 * deviation, limit=400, points=[0, steps])[0]

    assert max(delta(there, gone), delta(gone, there)) == pytest.approx(1e-4, rel=1e-3)


def test_one_step_of_all_records_is_the_gaussian_mechanism_itself():
    rule = DPTraining(expected_records=10, noise_multiplier=0.9, epochs=1, batch_size=10)
    assert last_update_epsilon(0.9, 1.0, 1, 1e-5) == pytest.approx(epsilon(rule.event, 1e-5), abs=2e-3)


@pytest.mark.slow
@pytest.mark.parametrize("noise", [0.5, 1.0, 4.0])
@pytest.mark.parametrize("rate", [0.001, 0.01, 0.05, 1.0])
def test_it_is_found_for_any_setting_and_of_all_records_is_the_gaussian_mechanism_s(noise, rate):
    found = [last_update_epsilon(noise, rate, steps, 1e-5) for steps in (1, 10, 100, 500)]
    assert np.isfinite(found).all()
    if rate == 1.0:
        expected = [get_epsilon_gaussian(noise / steps**0.5, 1e-5) for steps in (1, 10, 100, 500)]
        assert found == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("setting", [(1000, 0.1, 3, 1e-10), (1000, 0.9, 100, 0.001)])
def test_extreme_noise_leaves_little(setting):
    assert 0 < last_update_epsilon(*setting) < 0.01


def test_little_enough_shows_nothing():
    assert last_update_epsilon(1000.0, 0.001, 1, 1e-3) == 0


def test_without_a_delta_there_is_no_such_epsilon():
    with pytest.raises(InputError, match="delta 0 is not from 1e-10 to below 1"):
        last_update_epsilon(1.0, 0.1, 10, 0.0)
