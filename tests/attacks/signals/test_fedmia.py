"""FedMIA against its formula, on measurements that are given and on clients that train."""

from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from attacks.game.view import View
from attacks.signals import cosine, fedmia, loss
from attacks.signals.fedmia import FEDMIA_COSINE, FEDMIA_LOSS, FLOOR, PRIOR_FREEDOM


@dataclass(frozen=True)
class FakeView:
    """Stands for a view: its updates are the measurements themselves."""

    updates: np.ndarray
    others: tuple[np.ndarray, ...] = ()
    knowledge: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(shared=True))


def score(target: np.ndarray, *others: np.ndarray) -> np.ndarray:
    return fedmia.observe(FakeView(target, others), lambda view: view.updates)


@pytest.fixture(scope="module")
def clients(game, digits, view) -> View:
    """The trials of `view`, with three other clients on records of their own."""
    others = []
    for start in (200, 240, 280):
        other = replace(game, pool=digits.part(start, start + 40), seed=start)
        _, batches = other.draw(range(32))
        others.append(other.updates(range(32), batches))
    return replace(view, others=tuple(others))


def test_scores_are_normal_probabilities_at_the_shrunk_variance(rng):
    target, *others = rng.normal(size=(6, 3, 7))
    own = np.var(others, axis=0, ddof=1)
    pooled = own.mean(axis=1, keepdims=True)
    variance = (4 * own + PRIOR_FREEDOM * pooled) / (4 + PRIOR_FREEDOM) + FLOOR
    expected = np.log(stats.norm.cdf(target, np.mean(others, axis=0), np.sqrt(variance)))
    assert score(target, *others) == pytest.approx(expected)


def test_many_clients_give_the_probability_of_the_paper(rng):
    """With each record's own variance, no pooling and no logarithm."""
    target, others = rng.normal(size=(2, 5)), rng.normal(size=(4000, 2, 5)) * np.arange(1, 6)
    expected = stats.norm.cdf(target, others.mean(axis=0), others.std(axis=0))
    assert np.exp(score(target, *others)) == pytest.approx(expected, abs=5e-3)


def test_the_order_of_the_other_clients_does_not_matter(rng):
    target, *others = rng.normal(size=(5, 3, 7))
    assert score(target, *others) == pytest.approx(score(target, *others[::-1]))


def test_a_non_member_is_uniform_when_the_others_are_many(rng):
    """Kolmogorov-Smirnov at error rate 1e-3."""
    drawn = rng.normal(size=(401, 1, 500))
    assert stats.kstest(np.exp(score(*drawn)).ravel(), "uniform").pvalue > 1e-3


def test_members_score_higher_and_rounds_add_up(rng):
    members = rng.random((40, 50)) < 0.5
    rounds = [score(members + rng.normal(size=members.shape), *rng.normal(size=(4, *members.shape))) for _ in range(6)]
    one, all_six = (roc_auc_score(members.ravel(), s.ravel()) for s in (rounds[0], sum(rounds)))
    assert 0.65 < one < stats.norm.cdf(np.sqrt(0.5))
    assert all_six > one + 0.1


@pytest.mark.parametrize("others", [1, 4])
def test_clients_that_all_measure_the_same_give_finite_scores(others):
    target = np.array([[-1e3, -1.0, 0.0, 1.0, 1e3]])
    scores = score(target, *np.zeros((others, 1, 5)))
    assert np.isfinite(scores).all()
    assert (np.diff(scores) >= 0).all()
    assert scores[0, 2] == pytest.approx(np.log(0.5))


@pytest.mark.parametrize("signal", [FEDMIA_LOSS, FEDMIA_COSINE])
def test_a_view_without_other_clients_is_refused(view, signal):
    with pytest.raises(ValueError, match="no other client's update"):
        signal.observe(View(view.knowledge, view.updates))


@pytest.mark.parametrize(("signal", "measure"), [(FEDMIA_LOSS, loss.observe), (FEDMIA_COSINE, cosine.observe)])
def test_each_client_is_measured_in_the_place_of_the_target(clients, signal, measure):
    measured = [measure(View(clients.knowledge, updates)) for updates in (clients.updates, *clients.others)]
    assert signal.observe(clients) == pytest.approx(score(*measured))
    assert signal.observe(clients).shape == (32, 40)


@pytest.mark.parametrize("signal", [FEDMIA_LOSS, FEDMIA_COSINE])
def test_members_of_a_client_that_overfits_score_higher(clients, membership, signal):
    assert roc_auc_score(membership.ravel(), signal.observe(clients).ravel()) > 0.55


@pytest.mark.parametrize("signal", [FEDMIA_LOSS, FEDMIA_COSINE])
def test_nothing_is_found_where_the_target_is_one_more_of_the_others(clients, membership, signal):
    """Negative control: a client without the candidates in the target's place; Mann-Whitney at error rate 1e-4."""
    scores = signal.observe(replace(clients, updates=clients.others[0], others=clients.others[1:]))
    assert stats.mannwhitneyu(scores[membership], scores[~membership]).pvalue > 1e-4


@pytest.mark.parametrize("signal", [FEDMIA_LOSS, FEDMIA_COSINE])
def test_signals_say_that_they_read_others(signal):
    assert signal.reads_others


@pytest.mark.parametrize("signal", [FEDMIA_LOSS, FEDMIA_COSINE])
def test_trials_with_states_of_their_own_are_scored_as_if_each_were_alone(clients, signal):
    own = {name: tensor.expand(32, *tensor.shape[1:]) for name, tensor in clients.knowledge.states.items()}
    apart = View(replace(clients.knowledge, states=own), clients.updates, clients.others)
    assert not apart.knowledge.shared
    assert signal.observe(apart) == pytest.approx(signal.observe(clients), rel=1e-3, abs=1e-4)
