import numpy as np
import pytest
from scipy import stats

from attacks.canaries.evidence import add_up_evidence, variance_of_steps
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.dpsgd import DPTraining

RULE = DPTraining(expected_records=100, noise_multiplier=0.8, clip_norm=0.5, batch_size=20)
STEPS = np.random.default_rng(0).normal(size=(3, 7, 4)) / 40


def test_the_evidence_is_the_log_likelihood_ratio_of_a_mixture_against_noise():
    seen = STEPS * RULE.batch_size / RULE.clip_norm
    noise = stats.norm(0, RULE.noise_multiplier)
    member = (1 - RULE.sampling_rate) * noise.pdf(seen) + RULE.sampling_rate * noise.pdf(seen - 1)
    assert add_up_evidence(RULE, STEPS) == pytest.approx(np.log(member / noise.pdf(seen)).sum(axis=1))


def test_where_each_step_draws_all_the_evidence_is_that_of_gaussian_noise():
    rule = DPTraining(expected_records=20, noise_multiplier=0.8, clip_norm=0.5, batch_size=20)
    seen = STEPS * rule.batch_size / rule.clip_norm
    assert add_up_evidence(rule, STEPS) == pytest.approx(((2 * seen - 1) / (2 * 0.64)).sum(axis=1))


def test_steps_that_would_overflow_are_finite():
    rule = DPTraining(expected_records=100, noise_multiplier=0.01, batch_size=20)
    assert np.isfinite(add_up_evidence(rule, 100 * STEPS)).all()


def test_without_noise_the_steps_are_added_up():
    assert (add_up_evidence(Training(), STEPS) == STEPS.sum(axis=1)).all()


def test_the_variance_of_steps_is_their_mean_square_less_the_square_of_their_mean():
    assert variance_of_steps(STEPS) == pytest.approx((STEPS**2).mean(axis=1) - STEPS.mean(axis=1) ** 2)
