"""What an audit's trials prove, on mechanisms of known epsilon.

The number of bounds above the truth is binomial if each is above with probability 0.05; more than `most` have
probability 1e-3. ``reach`` is the share of the true epsilon that the median bound was measured to reach, rounded down.
"""

from collections.abc import Callable

import numpy as np
import pytest
from dp_accounting import get_epsilon_gaussian
from scipy.special import logit
from scipy.stats import binom

from analysis.methods.lower_bounds import one_run_bound
from analysis.methods.lower_bounds.plan import PLANS, Plan, choose_plan, most_exposed
from analysis.methods.lower_bounds.trials import epsilon_bound, scores_from_shadows
from attacks.signals import Signal, get_signal
from fedsz_privacy.core.errors import InputError

DELTA = 1e-5
AS_IT_IS = Signal("as it is", lambda _: pytest.fail("nothing is observed here"))
LIRA = get_signal("lira")


def gaussian(mu: float, looks: int = 1) -> Callable:
    """Noise of deviation 1 on a member's mu, which is shared over the looks."""
    return lambda rng, members: mu / np.sqrt(looks) * members + rng.normal(size=members.repeat(looks, axis=1).shape)


def offset(draw: Callable) -> Callable:
    """Give each candidate a level of its own, which only shadows can tell."""
    return lambda rng, members: draw(rng, members) + 3 * rng.normal(size=members.shape[2])


def exposed(draw: Callable, share: float) -> Callable:
    """Let the mechanism see only so many of the candidates; of the others there is noise."""

    def few(rng: np.random.Generator, members: np.ndarray) -> np.ndarray:
        seen = rng.permutation(members.shape[2]) < share * members.shape[2]
        return draw(rng, members & seen)

    return few


def response(epsilon: float) -> Callable:
    """Randomised response: each coin is told, and told wrong with probability 1 / (1 + e^epsilon)."""
    return lambda rng, members: (members ^ (rng.random(members.shape) < 1 / (1 + np.exp(epsilon)))).astype(float)


def drawn(rng: np.random.Generator, draw: Callable, trials: int = 16, candidates: int = 50) -> tuple:
    membership = rng.random((trials, candidates)) < 0.5
    return draw(rng, membership[:, None]), membership


def proved(signal: Signal, observed: np.ndarray, membership: np.ndarray, rng, delta: float = DELTA) -> float:
    return epsilon_bound(signal, observed, membership, np.ones(membership.shape[1], dtype=bool), delta, rng).epsilon


def bounds(signal: Signal, draw: Callable, repetitions: int, **size: int) -> np.ndarray:
    generators = [np.random.default_rng(seed) for seed in range(repetitions)]
    return np.array([proved(signal, *drawn(rng, draw, **size), rng) for rng in generators])


def check(name: str, found: np.ndarray, truth: float, reach: float) -> None:
    above, middle = found > truth + 1e-6, np.median(found) / (truth or 1)
    print(f"{name:28s} above {above.mean():.3f}  median / truth {middle:.3f}")  # noqa: T201
    assert above.sum() <= binom.ppf(1 - 1e-3, len(found), 0.05)
    assert middle >= reach


GAUSSIAN = {mu: get_epsilon_gaussian(1 / mu, DELTA) for mu in (1, 2)}
MECHANISMS = {
    "gaussian 1": (AS_IT_IS, gaussian(1), GAUSSIAN[1], 0.26),
    "gaussian 1, lira": (LIRA, offset(gaussian(1)), GAUSSIAN[1], 0.14),
    "gaussian 2, lira": (LIRA, offset(gaussian(2)), GAUSSIAN[2], 0.2),
    "gaussian 2, 4 looks, lira": (LIRA, offset(gaussian(2, looks=4)), GAUSSIAN[2], 0.15),
    "response 1": (AS_IT_IS, response(1), 1.0, 0.58),
    "response 3": (AS_IT_IS, response(3), 3.0, 0.75),
    "gaussian 2, a tenth, lira": (LIRA, offset(exposed(gaussian(2), 0.1)), GAUSSIAN[2], 0.0),
    "nothing": (AS_IT_IS, gaussian(0), 0.0, 0.0),
    "nothing, lira": (LIRA, offset(gaussian(0)), 0.0, 0.0),
}
FULL = {
    "gaussian 1": 0.49,
    "gaussian 1, lira": 0.45,
    "gaussian 2, 4 looks, lira": 0.39,
    "gaussian 2, a tenth, lira": 0.32,
    "response 3": 0.92,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MECHANISMS)
def test_at_most_one_bound_of_twenty_exceeds_the_truth(name):
    """60 audits of 16 trials and 50 candidates: 400 audited coins."""
    signal, draw, truth, reach = MECHANISMS[name]
    check(name, bounds(signal, draw, 60), truth, reach)


@pytest.mark.slow
@pytest.mark.parametrize("name", FULL)
def test_how_near_an_audit_of_the_default_size_comes(name):
    """40 audits of 128 trials and 200 candidates: 12,800 audited coins."""
    signal, draw, truth, _ = MECHANISMS[name]
    check(f"{name}, default size", bounds(signal, draw, 40, trials=128, candidates=200), truth, FULL[name])


@pytest.mark.parametrize("name", ["gaussian 2, lira", "response 1"])
def test_bounds_are_rarely_above_the_truth(name):
    """A quick look at twenty of those audits."""
    signal, draw, truth, reach = MECHANISMS[name]
    check(name, bounds(signal, draw, 20), truth, reach - 0.1)


@pytest.mark.slow
@pytest.mark.parametrize("signal", [AS_IT_IS, LIRA])
def test_nothing_is_proved_of_members_drawn_anew(signal):
    """Negative control: one audit in twenty may prove something; forty of them, at error rate 1e-3."""
    found = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        observed, membership = drawn(rng, gaussian(2))
        found.append(proved(signal, observed, rng.permuted(membership), rng))
    check("drawn anew", np.array(found), 0.0, 0.0)


def test_a_release_of_the_members_proves_what_that_many_correct_guesses_can(rng):
    """All 60% of 400 coins guessed right, at delta 0: (e^epsilon / (1 + e^epsilon))^240 = 0.05."""
    observed, membership = drawn(rng, lambda _, members: members.astype(float))
    assert proved(AS_IT_IS, observed, membership, rng, delta=0) == pytest.approx(logit(0.05 ** (1 / 240)), abs=1e-5)


def test_a_leak_of_a_few_members_and_of_no_non_members_is_named_as_such(rng):
    scores = rng.normal(size=(50, 100))
    membership = rng.random(scores.shape) < 0.5
    scores[membership & (rng.random(scores.shape) < 0.08)] += 10
    assert choose_plan(scores, membership, DELTA, rng) == Plan(1.0, (0.03, 0.0))


def test_few_exposed_candidates_are_audited_alone(rng):
    membership = rng.random((64, 200)) < 0.5
    scores = rng.normal(size=membership.shape)
    scores[:, 150:170] += 3 * membership[:, 150:170]
    assert set(most_exposed(scores, membership, rng)[:20]) == set(range(150, 170))
    assert choose_plan(scores, membership, DELTA, rng).exposed == 0.1


def test_a_few_exposed_candidates_prove_what_all_together_cannot(rng):
    """A tenth of 100 answers by randomised response of epsilon 3, the others say nothing."""
    observed, membership = drawn(rng, response(0), trials=64, candidates=100)
    observed[..., :10] = response(3)(rng, membership[:, None, :10])
    assert 1.5 < proved(AS_IT_IS, observed, membership, rng) <= 3
    assert proved(AS_IT_IS, observed[..., 10:], membership[:, 10:], rng) == 0


def test_every_plan_counts_the_coins_that_it_audits_and_no_others(rng):
    for trials, candidates in ((1, 1), (2, 1), (3, 7), (8, 50)):
        scores, membership = rng.normal(size=(trials, candidates)), rng.random((trials, candidates)) < 0.5
        for plan in PLANS:
            guesses = plan.guess(np.arange(candidates), scores, membership, rng)
            assert guesses.candidates == trials * np.ceil(plan.exposed * candidates)


def test_candidates_chosen_on_the_audited_half_would_prove_what_is_not_there():
    """Negative control of the choice: on scores that know nothing, 5% of bounds may be positive, and most are.

    Of forty audits seven or more would be positive with probability 1e-3 if the choice were fair.
    """
    positive = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        scores, membership = rng.normal(size=(8, 50)), rng.random((8, 50)) < 0.5
        for order, count in ((most_exposed(scores, membership, rng), True), (np.arange(50), False)):
            guesses = Plan(0.1, (0.3, 0.3)).guess(order, scores, membership, rng)
            proves = one_run_bound([guesses], DELTA, 0.95).epsilon > 0
            positive += proves if count else -proves
    assert positive > 20


def test_the_audited_membership_does_not_enter_the_scores(rng):
    """Not even through a signal that breaks its contract and returns the membership that it is told."""
    told = Signal("told", AS_IT_IS.observe, lambda _, membership: membership.astype(float))
    observed, membership = drawn(rng, gaussian(0))
    assert proved(told, observed, membership, rng) == 0


@pytest.mark.parametrize("name", ["lira", "lira-offline", "rmia", "attack-r", "lira-layers"])
def test_what_a_signal_is_told_of_the_audited_trial_makes_no_difference(rng, name):
    signal = get_signal(name)
    observed, membership = drawn(rng, gaussian(1), trials=9)
    observed = -np.abs(observed)
    if name == "lira-layers":
        observed = np.stack([observed, observed + rng.normal(size=observed.shape)], axis=-1)
    scores = scores_from_shadows(signal, observed[:8], membership[:8], observed[8:])
    assert scores.shape == (1, 50)
    assert scores[0] == pytest.approx(signal.score(observed, membership)[8])


def test_each_audited_trial_is_scored_by_the_shadows_alone(rng):
    observed, membership = drawn(rng, gaussian(1))
    split = observed[:8], membership[:8]
    together = scores_from_shadows(LIRA, *split, observed[8:])
    assert together[3] == pytest.approx(scores_from_shadows(LIRA, *split, observed[11:12])[0])


def test_candidates_that_are_not_included_are_not_audited(rng):
    observed, membership = drawn(rng, gaussian(2))
    observed[:, 0, 25:] = 100 * membership[:, 25:]
    included = np.arange(50) < 25
    some = epsilon_bound(AS_IT_IS, observed, membership, included, DELTA, np.random.default_rng(0))
    alone = proved(AS_IT_IS, observed[..., :25], membership[:, :25], np.random.default_rng(0))
    assert some.epsilon == alone < proved(AS_IT_IS, observed, membership, rng)
    assert (some.delta, some.confidence) == (DELTA, 0.95)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"observed": np.zeros((3, 1, 5)), "membership": np.zeros((3, 5), dtype=bool)}, "trials 3: choose 4 or more"),
        ({"observed": np.zeros((8, 5))}, r"shapes \(8, 5\) and \(8, 5\)"),
        ({"observed": np.zeros((8, 0, 5))}, r"shapes \(8, 0, 5\) and \(8, 5\)"),
        ({"observed": np.zeros((8, 1, 4))}, r"shapes \(8, 1, 4\) and \(8, 5\)"),
        ({"included": np.ones(4, dtype=bool)}, "one bool for each of 5 candidates"),
        ({"included": np.ones(5)}, "of type float64"),
        ({"included": np.zeros(5, dtype=bool)}, "no candidate is included"),
        ({"delta": 1.0}, "delta 1 is not in"),
    ],
)
def test_what_cannot_be_audited_is_refused(rng, change, message):
    asked = {
        "observed": np.zeros((8, 1, 5)),
        "membership": np.zeros((8, 5), dtype=bool),
        "included": np.ones(5, dtype=bool),
        "delta": DELTA,
    }
    with pytest.raises(InputError, match=message):
        epsilon_bound(AS_IT_IS, **(asked | change), generator=rng)
