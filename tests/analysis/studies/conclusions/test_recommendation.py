"""Every sentence of a recommendation follows from the figures beside it."""

from dataclasses import replace

import pytest

from analysis.methods.over_seeds import Mean
from analysis.studies.conclusions.recommendation import NO_GUARANTEE, leakage_changes, recommendation
from analysis.studies.recommend.leakage import SeedLeakage, change_over_seeds
from analysis.studies.recommend.max_loss import Margin


def test_the_loosest_bound_is_recommended_with_what_it_costs_and_saves(reported):
    chosen, leakage, rest, guaranteed = recommendation(reported([(0.0, 0.0), (0.001, 0.002)]))
    assert chosen == (
        "fedsz:rel=1e-3: accuracy loses 0.10 [-0.10, 0.30] percentage points, less than 0.5 percentage points; "
        "5 times fewer bytes; a client's round takes 0.5 seconds, 0.01 of them to encode and decode its update"
    )
    assert leakage.startswith(
        "leakage: compression changes nothing that was found: attacks without shadow models have AUC 0.620 ["
    )
    assert rest == "no looser bound was tried: --bounds takes looser ones"
    assert guaranteed == NO_GUARANTEE


def test_a_bound_that_makes_updates_larger_is_not_said_to_send_fewer_bytes(reported):
    report = reported([(0.0, 0.0)])
    larger = replace(report.recommended, ratio=Mean(0.8, 0.7, 0.9, (0.7, 0.8, 0.9)))
    chosen, *_ = recommendation(replace(report, recommended=larger, tried=(larger,)))
    assert "; 1.25 times as many bytes; " in chosen
    assert "fewer" not in chosen


def test_a_bound_that_loses_more_is_said_to(reported):
    lines = recommendation(reported([(0.0, 0.0), (0.02, 0.01)]))
    assert lines[0].startswith("fedsz:rel=1e-4: ")
    assert lines[2] == (
        "fedsz:rel=1e-3, the next, loses 2.00 [1.00, 3.00] percentage points, 0.5 percentage points or more"
    )


def test_what_is_not_resolved_says_what_would_settle_it_and_what_waits_for_it(reported):
    lines = recommendation(reported([(0.0, 0.0), (0.001, 0.008), (0.0, 0.001)]))
    assert lines[2].startswith("fedsz:rel=1e-3, the next, loses 0.10 [-0.70, 0.90] percentage points, which is not res")
    assert lines[2].endswith("or 1,441 test records at the least")
    assert "seeds would, new ones from --seed 3 on, if they spread alike" in lines[2]
    assert lines[3] == (
        "fedsz:rel=1e-2 would stay below by itself, and waits for it: bounds are tried in order, the tightest first"
    )


def test_an_error_grows(reported):
    error = Margin(0.1, "mean absolute error", is_share=False, is_error=True, in_unit="in the target's unit")
    chosen, *_, after, _ = recommendation(reported([(-0.004, 0.01), (0.3, 0.1)], error))
    assert chosen.startswith("fedsz:rel=1e-4: mean absolute error grows by -0.004 [-0.014, 0.006] in the target's unit")
    assert after == (
        "fedsz:rel=1e-3, the next, lets mean absolute error grow by 0.3 [0.2, 0.4] in the target's unit, 0.1 or more"
    )
    assert recommendation(reported([(0.09, 0.1)], error))[0].endswith("is not sure to grow by less than 0.1")


def test_looser_bounds_that_would_stay_below_contradict_nothing_where_the_tightest_is_not_resolved(reported):
    lines = recommendation(reported([(0.001, 0.008), (0.0, 0.001), (0.0, 0.002)]))
    assert lines[0].startswith("no bound is recommended: at fedsz:rel=1e-4, the tightest, accuracy is not sure to lose")
    assert lines[2] == (
        "fedsz:rel=1e-3, fedsz:rel=1e-2 would stay below by themselves, and wait for it: bounds are tried in order, "
        "the tightest first"
    )


def test_none_is_recommended_where_none_is_resolved_and_no_leakage_is_told(reported):
    lines = recommendation(reported([(0.001, 0.008)]))
    assert lines[0] == (
        "no bound is recommended: at fedsz:rel=1e-4, the tightest, accuracy is not sure to lose less than 0.5 "
        "percentage points"
    )
    assert "the tightest, loses 0.10 [-0.70, 0.90] percentage points, which is not resolved: about " in lines[1]
    assert not any(line.startswith("leakage") for line in lines)
    assert lines[-1] == NO_GUARANTEE


def test_no_seeds_are_promised_where_the_mean_is_over_the_margin(reported):
    line = recommendation(reported([(0.006, 0.008)]))[1]
    assert line.endswith("new ones from --seed 3 on, would say whether that is 0.5 percentage points or more")
    assert recommendation(reported([(0.02, 0.008)]))[1].endswith("or more: try tighter --bounds")


@pytest.mark.parametrize(
    ("undefended", "released", "said"),
    [
        (
            (0.61, 0.62, 0.63),
            (0.6101, 0.6199, 0.63),
            "compression changes nothing that was found: attacks without shadow models have AUC 0.620 [0.5",
        ),
        ((0.61, 0.62, 0.63), (0.61, 0.62, 0.63), "compression changes nothing in any of these seeds"),
        ((0.61, 0.62, 0.63), (0.51, 0.52, 0.535), "attacks name members less well, which guarantees nothing"),
        ((0.61, 0.62, 0.63), (0.66, 0.671, 0.68), "compression lets attacks name members better"),
        ((0.62, 0.63), (0.62005, 0.630051), "attacks name members about as well"),
        ((0.62, 0.63), (0.61995, 0.629949), "attacks name members about as well"),
        ((0.49, 0.50, 0.51), (0.4901, 0.4999, 0.51), "not told by this run, whose attacks may name nobody"),
    ],
)
def test_leakage_is_told_as_far_as_the_figures_go(undefended, released, said):
    found = change_over_seeds([SeedLeakage(*each) for each in zip(undefended, released, strict=True)])
    assert leakage_changes(found).startswith(said)
    assert ("would be found with probability 0.8" in leakage_changes(found)) == (released != undefended)
