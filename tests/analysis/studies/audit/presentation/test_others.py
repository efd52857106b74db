"""Whose noise hides the target is said where all clients are seen together, and nowhere else."""

from dataclasses import replace

import pytest

from analysis.studies.audit.presentation.others import note_of_others
from analysis.studies.audit.presentation.tables import closing_table, guarantee_table
from fedsz_privacy.training.accounting import epsilon


def asked(report, **changes):
    return replace(report, spec=replace(report.spec, **changes))


@pytest.mark.slow
@pytest.mark.parametrize("adversary", ["aggregate", "final-model"])
def test_the_others_noise_is_told_with_its_own_epsilon(small_report, adversary):
    """They hold more records than the target is expected to, so the same noise gives them a smaller epsilon."""
    report = asked(small_report, adversary=adversary, defences=("none", "dpsgd:eps=8", "dpsgd:eps=8+fedsz:rel=1e-2"))
    rule = report.spec.parse_defences()[1].training
    theirs = epsilon(rule.sized(max(map(len, report.game.others))).event, report.spec.delta)
    note = note_of_others(report)
    assert f"and 100 records is {theirs:.2g} under dpsgd:eps=8)" in note
    assert theirs < 8


OWN = """
from dataclasses import replace
from attacks.game.adversaries import AGGREGATE
SUMS = replace(AGGREGATE, name="sums")
"""


def test_an_adversary_of_ones_own_who_sees_sums_alone_meets_the_same_noise(small_report, tmp_path, monkeypatch):
    (tmp_path / "own_adversary.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    notes = [
        note_of_others(asked(small_report, adversary=adversary, defences=("none", "dpsgd:eps=8")))
        for adversary in ("aggregate", "own_adversary:SUMS")
    ]
    assert notes[0] == notes[1] != ""


@pytest.mark.parametrize(
    "changes",
    [
        {"adversary": "update", "defences": ("none", "dpsgd:eps=8")},
        {"adversary": "server", "defences": ("none", "dpsgd:eps=8")},
        {"adversary": "aggregate", "defences": ("none", "fedsz:rel=1e-2")},
        {"adversary": "aggregate", "defences": ("none", "dpsgd:eps=8"), "others": "none"},
    ],
)
def test_nothing_is_said_where_no_others_noise_is_met(small_report, changes):
    assert note_of_others(asked(small_report, **changes)) == ""


@pytest.mark.parametrize("table", [closing_table, guarantee_table])
def test_both_tables_of_guarantees_say_it(small_report, monkeypatch, table):
    monkeypatch.setattr("analysis.studies.audit.presentation.tables.note_of_others", lambda _: " Told.")
    assert table(small_report).note.endswith(" Told.")
