"""Every clause of a conclusion follows from its figures, at the edges of its rule too."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.methods.guarantee import Guarantee
from analysis.methods.leakage.detectable import Estimate
from analysis.methods.leakage.vulnerable import vulnerable_share
from analysis.methods.lower_bounds import EpsilonBound
from analysis.studies.audit.canary_bounds import CanaryBound
from analysis.studies.conclusions.defence import Finding, PairedAuc, conclude, guaranteed, leaks, leaks_beside, size
from fedsz_privacy.defences.proof import Unit

LEAKING = Estimate(0.634, 0.604, 0.663)
ATTACK = "the strongest attack"
NOTHING = Guarantee(inf, 1e-5, "it is deterministic")


def beside(auc=LEAKING, undefended=LEAKING, change=(0.0, -0.0001, 0.0001), detectable=0.00018):
    return leaks_beside(PairedAuc(auc, undefended, Estimate(*change), detectable), ATTACK)


def test_the_conclusion_on_a_lossy_codec_has_size_leakage_guarantee_bound_and_the_most_exposed():
    found = Finding(
        "fedsz:rel=1e-2",
        10.23,
        PairedAuc(LEAKING, LEAKING, Estimate(0.0, -0.0001, 0.0001), 0.00018),
        NOTHING,
        epsilon_lower_bound=EpsilonBound(2.81, 1e-5, 0.95),
        exposed=Estimate(0.975, 0.95, 0.99),
    )
    assert conclude(found) == (
        "fedsz:rel=1e-2: 10.2x smaller, leaks as much as none (AUC 0.634 both; a change of 0.00018 would be found "
        "with probability 0.8); no guarantee; attacks rule out, at 95% confidence, an epsilon below 2.81 at delta "
        "1e-5; the most exposed 5% of the records are named with AUC 0.975 [0.950, 0.990]"
    )


def canaries(epsilon, design="mislabelled", any_mechanism=True, ceiling=9.0, unit=Unit.RECORD):
    rejects = "any mechanism of less epsilon" if any_mechanism else "Gaussian noise with more noise"
    bound = EpsilonBound(epsilon, 1e-5, 0.95)
    return CanaryBound(design, unit, rejects, bound, ceiling, None, any_mechanism, 400, True)


def test_the_first_canaries_speak_of_any_mechanism_and_of_a_family():
    """The largest of several bounds would be above the truth more often than each of them."""
    found = (
        canaries(0.7),
        canaries(1.25, any_mechanism=False),
        canaries(2.5, "gradients"),
        canaries(3.5, "gradients", any_mechanism=False),
    )
    assert conclude(Finding("dpsgd:eps=8", canaries=found)) == (
        "dpsgd:eps=8: canaries (mislabelled) rule out, at 95% confidence, an epsilon below 0.70 at delta 1e-5 for one "
        "record, which rejects any mechanism of less epsilon; canaries (mislabelled) rule out, at 95% confidence, an "
        "epsilon below 1.25 at delta 1e-5 for one record, which rejects Gaussian noise with more noise"
    )
    assert conclude(Finding("none", also=("plain",), canaries=(canaries(0.0),))) == "none: plain"


def test_each_unit_of_privacy_has_its_own_canaries():
    """Those of a client's update stand first where there are both."""
    found = (canaries(0.0, "updates", unit=Unit.CLIENT), canaries(1.5, "gradients"))
    assert conclude(Finding("dpsgd:eps=8", canaries=found)).startswith("dpsgd:eps=8: canaries (gradients) rule out")


def test_a_bound_that_says_all_that_its_coins_can_says_so():
    said = conclude(Finding("none", canaries=(canaries(6.98, ceiling=6.98),)))
    assert "below 6.98 at delta 1e-5 for one record, the most that so many coins can show, which rejects" in said


def test_few_scores_of_the_most_exposed_are_no_sign_that_nobody_is():
    """It once read "are not named either", beside an average that leaks."""
    found = Finding("none", None, LEAKING, NOTHING, exposed=Estimate(0.534, 0.325, 0.741))
    assert conclude(found).endswith(
        "no guarantee; the AUC of the most exposed 5% of the records is not told from guessing (0.534 [0.325, 0.741])"
    )


def test_no_defence_is_judged_by_itself():
    assert conclude(Finding("none", None, LEAKING, NOTHING)) == (
        "none: leaks (AUC 0.634 [0.604, 0.663]; guessing gives 0.5); no guarantee"
    )
    assert leaks(Estimate(0.52, 0.5, 0.54), ATTACK).startswith(
        "the AUC of the strongest attack is not told from guessing (0.520 ["
    )
    assert leaks(Estimate(0.52, 0.501, 0.54), ATTACK).startswith("leaks (AUC")


def test_scores_that_are_turned_round_are_not_called_guessing():
    """An AUC of .08 was once "not told from guessing", which reads as an all-clear."""
    turned = Estimate(0.08, 0.058, 0.105)
    assert leaks(turned, ATTACK) == (
        "the AUC of the strongest attack is below guessing (0.080 [0.058, 0.105]; guessing gives 0.5): turned round, "
        "these scores would leak"
    )
    assert beside(turned, turned).startswith("the AUC of the strongest attack is below guessing, with it or without")
    assert beside(turned, Estimate(0.505, 0.48, 0.53)).startswith(
        "the AUC of the strongest attack is not above guessing, with"
    )
    assert beside(turned, change=(-0.55, -0.6, -0.5), detectable=0.04).endswith("it is below guessing now)")
    said = conclude(Finding("none", None, LEAKING, NOTHING, exposed=turned))
    assert said.endswith("the AUC of the most exposed 5% of the records is below guessing (0.080 [0.058, 0.105])")


@pytest.mark.parametrize(
    ("change", "detectable", "says"),
    [
        ((-0.08, -0.1, -0.06), 0.03, "leaks less than none"),
        ((0.08, 0.06, 0.1), 0.03, "leaks more than none"),
        ((-0.001, -0.002, -0.0001), 0.001, "leaks about as much as none"),
        ((-0.005, -0.013, 0.003), 0.0134, "leaks as much as none"),  # a tenth of .134 is just detectable
        ((-0.005, -0.013, 0.003), 0.0135, "cannot be told from none"),
        ((-0.05, -0.12, 0.0), 0.1, "cannot be told from none"),
        ((0.0067, -0.0001, 0.0135), 0.0097, "cannot be told from none"),  # it may be a tenth, found or not
        ((-0.012, -0.0135, -0.001), 0.01, "leaks less than none"),  # it may be a tenth
    ],
)
def test_a_change_is_called_one_where_its_interval_excludes_zero_and_it_matters(change, detectable, says):
    assert beside(Estimate(0.6, 0.57, 0.63), change=change, detectable=detectable).startswith(f"{says} (AUC 0.600 ag")


def test_an_attack_that_sees_nothing_is_not_called_privacy():
    unseen = Estimate(0.505, 0.48, 0.53)
    assert beside(unseen, unseen).startswith(
        "the AUC of the strongest attack is not told from guessing, with it or without (AUC 0.505 both)"
    )
    less = beside(unseen, change=(-0.129, -0.16, -0.1), detectable=0.04)
    assert less == (
        "leaks less than none (AUC 0.505 against 0.634, a change of -0.129 [-0.160, -0.100]; it is not "
        "told from guessing now)"
    )
    assert beside(LEAKING, unseen, (0.129, 0.1, 0.16)).startswith("leaks more than none")
    assert beside(Estimate(0.55, 0.501, 0.6), unseen, (0.04, -0.01, 0.1), 0.05).startswith("cannot be told from none")


def test_scores_that_are_the_same_have_nothing_to_detect():
    assert beside(change=(0.0, 0.0, 0.0), detectable=0.0).endswith("(AUC 0.634 both; the same in every resample)")


@given(*[st.floats(0, 1)] * 3, *[st.floats(-1, 1)] * 3, st.floats(0, 1))
def test_no_conclusion_says_the_same_where_the_interval_excludes_zero(low, value, high, start, change, end, detectable):
    auc, (first, middle, last) = Estimate(*sorted((low, value, high))), sorted((start, change, end))
    auc = Estimate(auc.low, min(auc.value, auc.low), max(auc.high, auc.value))
    text = beside(auc, change=(middle, first, last), detectable=detectable)
    excluded = first > 0 or last < 0
    assert ("as much as none" in text and "about" not in text and excluded) is False
    assert (text.startswith(("leaks less", "leaks more", "leaks about")) and not excluded) is False
    assert ("as much as none" in text and max(-first, last) >= 0.1 * (LEAKING.value - 0.5)) is False


@pytest.mark.parametrize(
    ("ratio", "text"), [(10.2, "10.2x smaller"), (1.05, "1.05x smaller"), (1.04, "same size"), (0.5, "2x larger")]
)
def test_a_size_is_called_another_from_five_in_a_hundred_on(ratio, text):
    assert size(ratio) == text


def test_a_guarantee_has_its_delta_and_unit_and_a_claim_is_called_one():
    assert guaranteed(NOTHING) == "no guarantee"
    assert (
        guaranteed(Guarantee(8.0, 1e-5, "", unit=Unit.CLIENT)) == "guaranteed: epsilon 8 at delta 1e-5 for one client"
    )
    assert guaranteed(Guarantee(8.0, 1e-5, "", True)).startswith("claimed and not checked: epsilon 8 at delta 1e-5")


def test_what_was_not_measured_is_not_said():
    assert conclude(Finding("x", guarantee=NOTHING, also=("accuracy 0.9",))) == "x: no guarantee; accuracy 0.9"


@pytest.mark.parametrize(("candidates", "share"), [(200, "5%"), (40, "12.5%"), (20, "25%")])
def test_the_share_of_the_most_exposed_is_that_of_the_run(candidates, share):
    exposed = Estimate(0.9, 0.8, 0.95)
    found = Finding("none", exposed=exposed, exposed_share=vulnerable_share(candidates))
    assert f"the most exposed {share} of the records are named" in conclude(found)
