"""Each bound where its conditions hold, and what it would have claimed where they do not."""

import numpy as np
import pytest
from scipy.stats import binom

from analysis.studies.scores import guessing, thresholds
from analysis.studies.scores.designs import ANY, GAUSSIAN, Method, doubt, methods_for
from analysis.studies.scores.table import ScoreTable
from fedsz_privacy import InputError


def table(member, run=None, record=None):
    size = len(member)
    run = np.zeros(size, np.intp) if run is None else np.asarray(run)
    record = np.arange(size) if record is None else np.asarray(record)
    return ScoreTable(run, record, np.asarray(member, bool), {}, "scores", "a test's")


def grid(member):
    run, record = np.indices(member.shape)
    return table(member.ravel(), run.ravel(), record.ravel())


def printed(design, given, delta=1e-5):
    return [
        (each.name.split()[0], each.about) for each in methods_for(design, given, delta) if isinstance(each, Method)
    ]


def coins(rng, shape=1000):
    return rng.random(shape) < 0.5


GUESSES, RATES = (["correct", ANY], ["correct", GAUSSIAN]), (["error", ANY], ["error", GAUSSIAN])
CANARY = np.arange(200) % 2 == 0


@pytest.mark.parametrize(
    ("design", "given", "expected"),
    [
        ("", lambda rng: table(coins(rng)), ()),
        ("one-run", lambda rng: table(coins(rng)), GUESSES),
        ("coins", lambda rng: table(coins(rng)), GUESSES),
        ("coins", lambda rng: grid(coins(rng, (20, 30))), GUESSES),
        ("coins", lambda rng: grid(coins(rng, (200, 1))), (*GUESSES, *RATES)),
        ("coins", lambda rng: table(coins(rng, 200), np.arange(200)), GUESSES),
        ("fixed-split", lambda rng: table(coins(rng)), ()),
        ("fixed-split", lambda rng: grid(np.tile(coins(rng, 30), (20, 1))), ()),
        ("fixed-split", lambda _: grid(CANARY[:, None]), RATES),
        ("fixed-split", lambda _: grid((np.arange(200) < 1)[:, None]), ()),
    ],
)
def test_a_bound_is_printed_where_its_conditions_hold(rng, design, given, expected):
    assert printed(design, given(rng)) == [tuple(each) for each in expected]


def test_a_gaussian_curve_has_no_bound_at_delta_0(rng):
    assert printed("coins", table(coins(rng)), delta=0) == [("correct", ANY)]


def test_every_bound_says_why_it_is_printed_or_not(rng):
    for design in ("", "coins", "fixed-split"):
        assert all(len(each.why) > 20 for each in methods_for(design, table(coins(rng)), 1e-5))


@pytest.mark.parametrize(
    ("design", "given", "message"),
    [
        ("one-run", lambda rng: grid(coins(rng, (2, 30))), "the file has 2 runs, choose coins"),
        ("coins", lambda rng: table(rng.random(1000) < 0.3), "were members, which fair coins do less than once"),
        ("coins", lambda rng: grid(np.tile(coins(rng, 30), (20, 1))), "membership is that of the record's run before"),
        ("coins", lambda rng: grid(rng.permuted(np.tile(np.arange(100) < 50, (20, 1)), axis=1)), "exactly half"),
    ],
)
def test_a_file_that_contradicts_its_design_is_refused(rng, design, given, message):
    with pytest.raises(InputError, match=message):
        methods_for(design, given(rng), 1e-5)


def test_exactly_half_in_one_run_is_doubted_and_no_more():
    half = table(np.arange(1000) < 500)
    assert printed("one-run", half)
    assert "0.025" in doubt("one-run", half)
    assert not doubt("fixed-split", half)
    assert not doubt("one-run", table(np.arange(1000) < 501))


def test_coins_of_several_runs_are_audited_as_those_of_one(rng):
    member = coins(rng, (8, 125))
    several, one = (
        guessing.any_mechanism(member.ravel().astype(float), given, 1e-5, 0.95, np.random.default_rng(0))
        for given in (grid(member), table(member.ravel()))
    )
    assert several == one


def test_who_declared_coins_that_are_not_fair_is_told_to_declare_what_is_true_and_not_what_passes():
    with pytest.raises(InputError) as refused:
        methods_for("one-run", table(np.arange(700) < 668), 1e-5)
    assert str(refused.value) == (
        "design one-run: 668 of 700 were members, which fair coins do less than once in a million times: declare how "
        "members were drawn, fixed-split if somebody chose them, or leave --design out, as for coins that are not fair"
    )


def exceeded(bound, draw, truth, repetitions):
    """Return how often a bound was above the truth."""
    rng = np.random.default_rng(0)
    return sum(bound(*draw(rng), 0.0, 0.95, rng).epsilon > truth for _ in range(repetitions))


def randomised(given, truth):
    """Return a draw of randomised response: the coin itself, turned with probability 1 / (1 + e^epsilon)."""

    def draw(rng):
        member = given(rng)
        scores = (member.member ^ (rng.random(len(member.member)) > 1 / (1 + np.exp(-truth)))).astype(float)
        return scores, member

    return draw


CASES = {
    "one run": (guessing.any_mechanism, lambda rng: table(coins(rng, 300))),
    "runs": (guessing.any_mechanism, lambda rng: grid(coins(rng, (10, 60)))),
    "one canary": (thresholds.any_mechanism, lambda rng: grid(coins(rng, (300, 1)))),
}


@pytest.mark.parametrize(
    ("case", "repetitions"),
    [*((case, 25) for case in CASES), *(pytest.param(case, 400, marks=pytest.mark.slow) for case in CASES)],
)
def test_bounds_hold_in_95_of_100_repetitions(case, repetitions):
    """Of bounds that fail with probability 0.05, as many fail with probability 1e-4; seeds are fixed."""
    bound, given = CASES[case]
    assert exceeded(bound, randomised(given, 1.0), 1.0, repetitions) <= binom.isf(1e-4, repetitions, 0.05)


def test_a_split_that_goes_with_the_records_would_have_proved_what_is_not_so(rng):
    """The negative control: the scores look at no model, and the members were those of high scores."""
    scores = rng.normal(size=1000)
    chosen = table(scores > 0)
    assert guessing.any_mechanism(scores, chosen, 1e-5, 0.95, rng).epsilon > 3
    assert printed("fixed-split", chosen) == []


def test_error_rates_of_one_training_would_have_overstated(rng):
    """The negative control: all coins are told with probability 0.3, else none: (0, 0.3)-differentially private."""
    rates = guesses = 0
    for _ in range(60):
        member = coins(rng, 200)
        scores = member.astype(float) if rng.random() < 0.3 else rng.normal(size=200)
        rates += thresholds.any_mechanism(scores, table(member), 0.3, 0.95, rng).epsilon > 0
        guesses += guessing.any_mechanism(scores, table(member), 0.3, 0.95, rng).epsilon > 0
    assert rates > binom.isf(1e-4, 60, 0.05)
    assert guesses <= binom.isf(1e-4, 60, 0.05)
    assert ("error", ANY) not in printed("coins", table(coins(rng, 400)))
