"""The tables of measured leakage say what was measured, and no more than the run resolves."""

from dataclasses import replace

import pytest

from analysis.methods.leakage.detectable import Difference, Estimate
from analysis.methods.leakage.membership import Leakage, guessed_advantage
from analysis.reporting.numbers import small
from analysis.studies.audit.measure import RECORDS, VULNERABLE
from analysis.studies.audit.presentation.leakage_tables import (
    difference_table,
    group_table,
    leakage_table,
    minus_none,
    strictest_rate,
    tpr,
)

RATES = (0.1, 0.01, 0.001, 0.0001)
NOTHING = Difference(0.0, 0.0, 0.0, 0.0)


def found(auc, non_members=500, rates=(0.1,)):
    """Return leakage with an AUC, and with TPRs that are twice the FPR."""
    return Leakage(
        non_members=non_members,
        auc=Estimate(auc, auc - 0.1, auc + 0.1),
        advantage=Estimate(0.2, 0.1, 0.3),
        tpr_at_fpr={rate: Estimate(2 * rate, rate, 3 * rate) for rate in rates},
        auc_difference=NOTHING,
        advantage_difference=NOTHING,
        tpr_difference=dict.fromkeys(rates, NOTHING),
    )


def numbers(cell):
    """Return value, low and high that a cell holds."""
    return [float(part) for part in cell.replace("[", "").replace("]", "").replace(",", "").split()]


def test_a_rate_is_shown_where_it_is_resolved_and_else_the_number_of_non_members():
    assert tpr(found(0.6), 0.1) == "0.200 [0.100, 0.300]"
    assert tpr(found(0.6), 0.01) == "not resolvable with n = 500"
    assert tpr(found(0.6, non_members=12_800, rates=RATES[:3]), 0.0001) == "not resolvable with n = 12,800"


def test_a_difference_has_a_sign_and_the_undefended_release_has_none():
    assert minus_none("fedsz:rel=1e-2", Difference(0.0123, -0.01, 0.03, 0.05)) == "+0.012 [-0.010, +0.030]"
    assert minus_none("none", NOTHING) == "-"


def test_the_strictest_rate_is_the_least_that_gives_ten_false_positives(small_report):
    assert strictest_rate(small_report) == 0.1
    verdict = small_report.verdicts["none"]
    records = replace(verdict.strongest[RECORDS], tpr_at_fpr=dict.fromkeys(RATES[:3]))
    verdicts = {"none": replace(verdict, strongest={**verdict.strongest, RECORDS: records})}
    assert strictest_rate(replace(small_report, verdicts=verdicts)) == 0.001


def test_every_release_and_signal_has_a_row_of_what_was_measured(small_report):
    table = leakage_table(small_report)
    spec = small_report.spec
    assert [row[:2] for row in table.rows] == [(name, signal) for name in spec.defences for signal in spec.signals]
    for release, signal, auc, advantage, *rates in table.rows:
        leakage = small_report.verdicts[release].measured[signal]
        assert numbers(auc) == pytest.approx([leakage.auc.value, leakage.auc.low, leakage.auc.high], abs=5e-4)
        assert numbers(advantage)[0] == pytest.approx(leakage.advantage.value, abs=5e-4)
        assert numbers(rates[0])[0] == pytest.approx(leakage.tpr_at_fpr[0.1].value, abs=5e-4)
        assert rates[1:] == [f"not resolvable with n = {leakage.non_members}"] * 3
        assert len(table.columns) == 4 + len(rates)


def test_guessing_is_told_of_the_ordinary_records_members(small_report):
    """The counts are taken anew from the membership; adding canaries leaves them as they were."""
    membership = small_report.trials.membership
    expected = guessed_advantage(int(membership.sum()), int((~membership).sum()))
    assert f"an advantage of about {expected:.3f}." in leakage_table(small_report).note
    fewer = replace(small_report, spec=replace(small_report.spec, candidates=20))
    members = int(membership[:, :20].sum())
    assert f"about {guessed_advantage(members, membership[:, :20].size - members):.3f}." in leakage_table(fewer).note


def test_differences_are_those_of_the_defended_releases_with_what_was_detectable(small_report):
    table = difference_table(small_report)
    assert {row[0] for row in table.rows} == set(small_report.spec.defences[1:])
    assert "TPR at FPR 0.1 minus none" in table.columns
    for release, signal, auc, detectable, _, _ in table.rows:
        found = small_report.verdicts[release].measured[signal].auc_difference
        assert auc == minus_none(release, found)
        assert detectable == small(found.detectable, 4)


def test_groups_are_shown_by_the_strongest_signal_with_the_rates_that_their_size_resolves(small_report):
    table = group_table(small_report)
    assert [row[:2] for row in table.rows] == [
        (release, group) for release in small_report.spec.defences for group in (RECORDS, VULNERABLE)
    ]
    for release, group, non_members, auc, *rates in table.rows:
        leakage = small_report.verdicts[release].strongest[group]
        assert non_members == str(leakage.non_members)
        assert numbers(auc)[0] == pytest.approx(leakage.auc.value, abs=5e-4)
        for rate, cell in zip(RATES, rates, strict=True):
            resolved = leakage.non_members * rate >= 10
            assert (cell == f"not resolvable with n = {non_members}") == (not resolved)
    assert f"chosen by {small_report.spec.signals[0]} on half" in table.note
    assert "5% and no fewer than 5" in table.note


def test_a_small_group_of_canaries_shows_no_rate_at_all(small_report):
    verdict = small_report.verdicts["none"]
    canaries = found(0.9, 40, rates=())
    verdicts = {"none": replace(verdict, strongest={**verdict.strongest, "outlier": canaries})}
    report = replace(small_report, verdicts=verdicts)
    assert group_table(report).rows[-1] == (
        "none", "outlier", "40", "0.900 [0.800, 1.000]", *["not resolvable with n = 40"] * 4,
    )  # fmt: skip
