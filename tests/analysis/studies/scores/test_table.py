import numpy as np
import pytest

from analysis.studies.scores.readers.columns import Columns
from analysis.studies.scores.table import to_table
from fedsz_privacy import InputError


def columns(member=(1, 0, 1, 0), signals=None, **keys):
    signals = {"loss": [1.0, 2.0, 3.0, 4.0]} if signals is None else signals
    arrays = ({name: np.array(values) for name, values in each.items()} for each in (signals, keys))
    return Columns("a test's", np.array(member), *arrays)


def table(given, signals=(), lower=(), reference=""):
    return to_table(given, "a.csv", signals, lower, reference)


PAIRED = {"release": ["b", "none", "b", "none"], "record": ["x", "y", "y", "x"]}


def test_releases_are_brought_to_one_order_and_compared_to_none():
    found = table(columns(member=(1, 0, 0, 1), **PAIRED))
    assert (list(found.scores), found.reference) == (["none", "b"], "none")
    assert found.member[found.record == 0].tolist() == [found.member[found.record == 0][0]]
    members = {release: by_signal["loss"][found.member] for release, by_signal in found.scores.items()}
    assert members == {"none": [4.0], "b": [1.0]}


def test_a_signal_that_is_lower_for_members_is_turned():
    assert table(columns(), lower=("loss",)).scores["scores"]["loss"].tolist() == [-1, -2, -3, -4]


def test_infinite_scores_keep_their_order():
    found = table(columns(signals={"lira": [np.inf, 2.0, -np.inf, -7.0]})).scores["scores"]["lira"]
    assert np.isfinite(found).all()
    assert np.argsort(found).tolist() == [2, 3, 1, 0]


def test_scores_as_large_as_floats_are_keep_their_order_and_differ_by_finite_amounts():
    found = table(columns(signals={"lira": [1.7e308, -1.7e308, np.inf, 0.0]})).scores["scores"]["lira"]
    assert np.argsort(found).tolist() == [1, 3, 0, 2]
    assert np.isfinite(found.max() - found.min())


@pytest.mark.parametrize("member", [["True", "False"] * 2, ["true", "false"] * 2, [1.0, 0.0] * 2, [True, False] * 2])
def test_membership_may_be_written_as_people_do(member):
    assert table(columns(member=member)).member.tolist() == [True, False, True, False]


def test_runs_need_not_have_the_same_records():
    found = table(columns(run=[7, 7, 9, 9], record=["a", "b", "b", "c"]))
    assert (found.runs, found.records, found.one_a_run) == (2, 3, False)


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        (columns(member=(1, 1, 1, 1)), {}, "a.csv has no non-members: give scores of both"),
        (columns(member=(1, 0, 2, 0)), {}, "membership of a.csv has values such as '2'"),
        (columns(member=("yes", "no", "yes", "no")), {}, "values such as 'yes': give true and false, or 1 and 0"),
        (columns(member=(1, 0, np.nan, 0)), {}, "values such as 'nan'"),
        (columns(member=(), signals={"loss": []}), {}, "a.csv has 0 scores"),
        (columns(signals={}), {}, "a.csv has no column of scores"),
        (columns(signals={"loss": [1.0, np.nan, 2.0, 3.0]}), {}, "1 scores 'loss' of a.csv are NaN or missing"),
        (columns(signals={"who": list("abcd")}), {}, "column 'who' of a.csv is no number everywhere"),
        (columns(signals={f"s{n}": [0.0] * 4 for n in range(33)}), {}, "33 columns of scores: choose 32 or fewer"),
        (columns(), {"signals": ("lira",)}, "signal 'lira': a.csv has no such scores, choose among loss"),
        (columns(), {"lower": ("lira",)}, "lower 'lira': choose among the signals of a.csv, loss"),
        (columns(run=[0, 0, 1, 1]), {}, "a.csv has 2 runs and no column 'record'"),
        (columns(release=["a", "a", "b", "b"]), {}, "a.csv has 2 releases and no column 'record'"),
        (columns(record=["a", "b", "a", "c"]), {}, "several scores of record 'a': aggregate them"),
        (columns(record=["a", "a", "a", "b"], run=[0, 1, 1, 1]), {}, "several scores of record 'a' in run 1"),
        (
            columns(release=["a", "a", "b", "b"], record=[0, 1, 0, 2]),
            {},
            "releases b and a of a.csv have 2 and 2 scores",
        ),
        (columns(release=["a", "a", "b", "b"], record=[0, 1, 1, 0]), {}, "differ in who was a member, 2 times"),
        (columns(), {"reference": "none"}, "a.csv has no column 'release', leave the option out"),
        (columns(member=(1, 0, 0, 1), **PAIRED), {"reference": "c"}, "reference 'c': choose among"),
    ],
)
def test_scores_that_cannot_be_meant_are_one_line(given, options, message):
    with pytest.raises(InputError, match=message):
        table(given, **options)
