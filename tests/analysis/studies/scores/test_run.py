import csv
import json
from html import unescape

import numpy as np
import pandas as pd
import pytest
from drawing import require_drawn_where_asked
from scipy.stats import binom, norm
from sklearn.metrics import roc_auc_score
from tidy import require_tidy

from analysis.studies.scores.report import figures_of, to_results, write_scores
from analysis.studies.scores.run import measure, run_scores
from analysis.studies.scores.spec import ScoresSpec
from analysis.studies.scores.table import ScoreTable
from fedsz_privacy import InputError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Twelve runs of forty records, three of which are missing in each run, under three releases."""
    rng = np.random.default_rng(0)
    member = rng.random((12, 40)) < 0.5
    base = 2 * member + rng.normal(size=40) + rng.normal(size=member.shape)
    rows = [
        {
            "release": release,
            "run": run,
            "record": f"r{record}",
            "member": member[run, record],
            "lira": scores[run, record],
        }
        for release, scores in (("coarse", base + rng.normal(size=base.shape)), ("none", base), ("fine", base + 1e-9))
        for run in range(12)
        for record in range(40)
        if record % 12 != run
    ]
    path = tmp_path_factory.mktemp("scores") / "runs.csv"
    pd.DataFrame(rows).sample(frac=1, random_state=0).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def finished(saved, tmp_path_factory):
    return run_scores(ScoresSpec(str(saved), "coins"), tmp_path_factory.mktemp("run") / "run")


def test_figures_are_those_of_scikit_learn(saved, finished):
    frame, (report, _) = pd.read_csv(saved), finished
    for release, of_release in frame.groupby("release"):
        found = report.measured[release]["lira"]
        assert found.auc.value == pytest.approx(roc_auc_score(of_release.member, of_release.lira))
        assert found.auc.low < found.auc.value < found.auc.high
        assert sorted(found.tpr_at_fpr) == [0.1]


def test_releases_are_paired_on_the_same_runs_and_records(finished):
    measured = finished[0].measured
    fine, coarse = (measured[release]["lira"].auc_difference for release in ("fine", "coarse"))
    assert (fine.value, fine.detectable) == (0, 0)
    assert coarse.high < 0
    assert coarse.detectable < measured["coarse"]["lira"].auc.high - measured["coarse"]["lira"].auc.low


def test_files_hold_what_was_found(finished):
    report, folder = finished
    page = unescape(write_scores(report, folder).read_text())
    markdown = (folder.path / "report.md").read_text()
    for text in (page, markdown):
        assert "not resolvable with n = " in text
        assert "declared: coins, that is, each record of each run was in by a fair coin" in text
        assert "error rates (Clopper-Pearson): not printed, because scores of one training depend" in text
    results = json.loads((folder.path / "results.json").read_text())
    assert (results["runs"], results["records"], results["reference"]) == (12, 40, "none")
    assert [each["printed"] for each in results["methods"]] == [True, True, False]
    rows = list(csv.DictReader((folder.path / "tables" / "bounds.csv").read_text().splitlines()))
    assert len(rows) == len(results["epsilon_lower_bounds"]) == 6
    assert {each.stem for each in (folder.path / "figures").iterdir()} == {"roc", "auc", "differences"}


def test_the_frame_has_what_the_results_have(finished):
    frame = require_tidy(finished[0]).set_index(["release", "signal"])
    found = to_results(finished[0])["measured"]["coarse"]["lira"]
    row = frame.loc["coarse", "lira"]
    assert [row[f"measured_auc{end}"] for end in ("", "_low", "_high")] == list(found["auc"].values())
    assert row["measured_auc_difference_detectable"] == found["auc_difference"]["detectable"]
    assert row["measured_tpr_at_fpr_0.1"] == found["tpr_at_fpr"][0.1]["value"]


@pytest.mark.parametrize(("name", "panels"), [("roc", 1), ("auc", 1), ("differences", 2)])
def test_a_figure_is_drawn_in_a_column_of_a_paper(finished, name, panels):
    require_drawn_where_asked(figures_of(finished[0])[name][0], finished[0], panels=panels)


def test_without_a_design_no_bound_is_printed_and_it_is_said_why(saved, tmp_path):
    report, folder = run_scores(ScoresSpec(str(saved)), tmp_path / "run")
    assert report.bounds == []
    write_scores(report, folder)
    text = (folder.path / "report.md").read_text()
    assert "lower bound" not in text
    assert text.count("no design was declared") == 2
    assert "declared: nothing" in text
    assert "contradicts" not in text
    assert not (folder.path / "tables" / "bounds.csv").exists()


def test_a_file_that_contradicts_its_design_leaves_nothing(saved, tmp_path):
    with pytest.raises(InputError, match="the file has 12 runs"):
        run_scores(ScoresSpec(str(saved), "one-run"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_scores_below_guessing_are_warned_of(tmp_path, rng):
    member = np.arange(400) % 2 == 0
    np.savez(tmp_path / "loss.npz", member=member, loss=rng.normal(size=400) - member)
    report, folder = run_scores(ScoresSpec(str(tmp_path / "loss.npz")), tmp_path / "run")
    assert "give --lower loss" in write_scores(report, folder).read_text()
    report, _ = run_scores(ScoresSpec(str(tmp_path / "loss.npz"), lower=("loss",)), tmp_path / "lower")
    assert report.measured["scores"]["loss"].auc.low > 0.5


def test_so_few_non_members_that_no_rate_is_resolved_are_drawn_all_the_same(tmp_path, rng):
    member = np.arange(50) % 2 == 0
    np.savez(tmp_path / "few.npz", member=member, score=rng.normal(size=50))
    report, folder = run_scores(ScoresSpec(str(tmp_path / "few.npz")), tmp_path / "run")
    assert write_scores(report, folder).is_file()
    assert report.rates == ()


def test_too_few_runs_or_records_to_resample_are_one_line_and_leave_nothing(tmp_path, rng):
    member, score = np.repeat([[True], [False], [False], [False]], 50, axis=1), rng.normal(size=(4, 50))
    np.savez(tmp_path / "records.npz", member=member.T, score=score.T)
    np.savez(tmp_path / "runs.npz", member=member, score=score)
    for name, drawn in (("records", "records out of 4"), ("runs", "runs out of 4")):
        with pytest.raises(InputError, match=f"resamples of {drawn} mostly lack members or non-members"):
            run_scores(ScoresSpec(str(tmp_path / f"{name}.npz")), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_names_that_figures_would_read_as_mathematics_are_text(tmp_path, rng):
    frame = pd.DataFrame({"record": [*range(50), *range(50)], "release": ["_a"] * 50 + [r"$\b$"] * 50})
    frame.assign(member=frame.record % 2, **{r"$\c": rng.normal(size=100)}).to_csv(tmp_path / "odd.csv", index=False)
    assert write_scores(*run_scores(ScoresSpec(str(tmp_path / "odd.csv")), tmp_path / "run")).is_file()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"design": "coin"}, "unknown design 'coin': choose one of coins, fixed-split, one-run"),
        ({"delta": 1.0}, "delta 1.0: choose a number between 0 and 1"),
        ({"confidence": 1.0}, "confidence 1.0: choose a positive number from 0.5 to 0.999"),
        ({"seed": -1}, "seed -1: choose 0 or more"),
    ],
)
def test_a_question_that_cannot_be_asked_is_one_line(fields, message):
    with pytest.raises(InputError, match=message):
        ScoresSpec("scores.csv", **fields)


def one_training(rng):
    member = np.arange(200) % 2 == 0
    return np.zeros(200, np.intp), np.arange(200), member, member + rng.normal(size=200)


def trainings(rng):
    """Return 30 runs of 20 of 40 records, each run and each record with an effect of its own."""
    run = np.repeat(np.arange(30), 20)
    record = np.concatenate([rng.permutation(40)[:20] for _ in range(30)])
    member = rng.random(600) < 0.5
    shared = 0.5 * rng.normal(size=30)[run] + 0.5 * rng.normal(size=40)[record]
    return run, record, member, member + shared + np.sqrt(0.5) * rng.normal(size=600)


@pytest.mark.parametrize(
    ("draw", "repetitions"),
    [(one_training, 20), *(pytest.param(draw, 150, marks=pytest.mark.slow) for draw in (one_training, trainings))],
)
def test_intervals_cover_the_truth(draw, repetitions):
    """Members are one standard deviation above non-members: the AUC is Phi(1 / sqrt(2)).

    As many misses as are refused have probability 1e-4 where intervals cover 93%; seeds are fixed.
    """
    rng, truth, missed = np.random.default_rng(0), norm.cdf(1 / np.sqrt(2)), 0
    for seed in range(repetitions):
        run, record, member, scores = draw(rng)
        record = np.unique(record, return_inverse=True)[1]
        found = measure(ScoreTable(run, record, member, {"a": {"s": scores}}, "a", "a test's"), seed)["a"]["s"].auc
        missed += not found.low <= truth <= found.high
    assert missed <= binom.isf(1e-4, repetitions, 0.07)
