"""Each signal against its formula, written out slowly."""

import numpy as np
import pytest
import torch
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from attacks import COSINE, LIRA, LOSS, View


def probabilities(view):
    logits = view.logits[1, 5]
    return torch.softmax(logits, 0), int(view.knowledge.pool.targets[5])


def test_loss_is_the_log_probability_of_the_true_class(view):
    p, label = probabilities(view)
    assert LOSS.observe(view)[1, 5] == pytest.approx(float(p[label].log()))


def test_the_margin_is_the_log_odds_of_the_true_class(view):
    p, label = probabilities(view)
    assert LIRA.observe(view)[1, 5] == pytest.approx(float((p[label] / (1 - p[label])).log()))


def test_the_margin_of_a_certain_model_does_not_overflow(view):
    certain = View(view.knowledge, {name: 1e3 * tensor for name, tensor in view.updates.items()})
    assert np.isfinite(LIRA.observe(certain)).all()


def test_cosine_is_minus_that_of_update_and_gradient(view):
    update = torch.cat([tensor[1].flatten() for tensor in view.updates.values()])
    expected = torch.nn.functional.cosine_similarity(update, -next(view.knowledge.shared_gradients())[5], dim=0)
    assert COSINE.observe(view)[1, 5] == pytest.approx(float(expected), abs=1e-5)


def test_lira_equals_the_leave_one_out_likelihood_ratio(rng):
    margins, members = rng.normal(2, 3, (12, 5)), rng.random((12, 5)) < 0.5
    scores = LIRA.calibrate(margins, members)
    for target in range(12):
        shadows, trained = np.delete(margins, target, 0), np.delete(members, target, 0)

        def distribution(chosen, shadows=shadows):
            means = [shadows[chosen[:, c], c].mean() for c in range(5)]
            squares = sum(((shadows[chosen[:, c], c] - means[c]) ** 2).sum() for c in range(5))
            return norm(means, np.sqrt(squares / (chosen.sum() - 5)))

        expected = distribution(trained).logpdf(margins[target]) - distribution(~trained).logpdf(margins[target])
        assert scores[target] == pytest.approx(expected)


def test_lira_nears_the_optimal_auc_for_gaussian_margins(rng):
    """The best test tells two unit Gaussians one apart with AUC Phi(1/sqrt 2); 20,000 scores, within 0.01."""
    members = rng.random((200, 100)) < 0.5
    margins = rng.normal(size=(1, 100)) * 5 + members + rng.normal(size=members.shape)
    auc = roc_auc_score(members.ravel(), LIRA.calibrate(margins, members).ravel())
    assert auc == pytest.approx(norm.cdf(1 / np.sqrt(2)), abs=0.01)
