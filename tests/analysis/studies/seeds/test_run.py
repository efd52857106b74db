"""Several audits of one question: each whole by itself, never played twice, and put together from their results."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ttest_1samp
from typer.testing import CliRunner

from analysis.cli import app

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("undrawn")]

OPTIONS = {"trials": 16, "candidates": 40, "clients": 2, "rounds": 1, "epochs": 1, "signal": "loss"}
QUICK = [word for name, value in OPTIONS.items() for word in (f"--{name}", str(value))]
QUICK += ["--model", "small_models:linear", "--release", "dpsgd:noise=1"]
SEEDS = ("3", "5")


def run(*arguments: object):
    return CliRunner().invoke(app, ["audit", *QUICK, *map(str, arguments)])


@pytest.fixture(scope="module")
def several(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "several"
    result = run("--seeds", ",".join(SEEDS), "--out", folder)
    assert result.exit_code == 0, result.output
    assert "no interval over seeds" not in result.stdout
    return folder


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "alone"
    result = run("--seeds", SEEDS[1], "--out", folder)
    assert result.exit_code == 0, result.output
    assert "--seeds 5 is one seed, so there is no interval over seeds: two or more have one" in result.stdout
    return folder


def results(folder: Path) -> dict:
    return json.loads((folder / "results.json").read_text())


def stamps(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_each_seed_is_the_audit_that_it_is_alone(several, alone):
    own = several / f"seed-{SEEDS[1]}"
    assert (own / "results.json").read_bytes() == (alone / "results.json").read_bytes()
    assert (own / "spec.json").read_bytes() == (alone / "spec.json").read_bytes()


def test_the_mean_and_its_interval_are_those_of_the_seeds(several):
    each = [results(several / f"seed-{seed}") for seed in SEEDS]
    for row, defence in enumerate(results(several)["defences"]):
        for group, statistics in defence["strongest"].items():
            values = [found["defences"][row]["strongest"][group]["auc"]["value"] for found in each]
            mean = statistics["auc"]["mean"]
            assert mean["values"] == values
            assert mean["value"] == pytest.approx(np.mean(values))
            expected = ttest_1samp(values, 0).confidence_interval(0.95)
            cut = np.clip([expected.low, expected.high], 0, 1)
            assert [mean["low"], mean["high"]] == pytest.approx(cut)
            paired = [found["defences"][row]["strongest"][group]["auc_difference"]["value"] for found in each]
            assert statistics["auc"]["difference"]["values"] == paired
        bounds = [found["defences"][row]["epsilon_lower_bound"]["epsilon"] for found in each]
        assert defence["epsilon_lower_bounds"] == bounds


def test_a_row_of_the_table_of_seeds_is_what_the_seed_found(several):
    rows = list(csv.DictReader((several / "tables" / "seeds.csv").read_text().splitlines()))
    found = results(several / f"seed-{SEEDS[0]}")["defences"][1]["groups"]["records"]["loss"]["auc"]["value"]
    (row,) = [
        row
        for row in rows
        if (row["seed"], row["defence"], row["group"], row["statistic"])
        == (SEEDS[0], "dpsgd:noise=1", "records", "auc")
    ]
    assert float(row["value"]) == found


def test_the_page_names_all_seeds_and_the_report_of_each(several):
    page = (several / "report.html").read_text()
    assert all(f"seed-{seed}/report.html" in page for seed in SEEDS)
    assert "3, 5" in page
    assert "t intervals" in page


def test_a_finished_run_is_shown_again_by_every_way(several):
    before = stamps(several)
    again = run("--seeds", "5,3", "--out", several)
    assert "nothing is computed again" in again.stderr
    ways = [again, *(CliRunner().invoke(app, [*way, str(several)]) for way in (["report"], ["audit", "--resume"]))]
    assert [way.exit_code for way in ways] == [0, 0, 0]
    assert len({way.stdout for way in ways}) == 1
    assert "over 2 seeds" in again.stdout
    assert stamps(several) == before


@pytest.mark.parametrize("way", ["command", "resume"])
def test_what_is_missing_is_played_and_no_finished_seed_again(several, tmp_path, way):
    """An interrupted run: one seed is done, one has a trial left, and nothing stands at the top but the question."""
    folder = tmp_path / "run"
    shutil.copytree(several, folder)
    before = (folder / "results.json").read_bytes()
    for name in ("results.json", "report.json", "report.html", f"seed-{SEEDS[1]}/report.json"):
        (folder / name).unlink()
    trial = sorted((folder / f"seed-{SEEDS[1]}" / "trials").iterdir())[0]
    trial.unlink()
    done = stamps(folder / f"seed-{SEEDS[0]}")
    result = (
        run("--seeds", "3,5", "--out", folder)
        if way == "command"
        else CliRunner().invoke(app, ["audit", "--resume", str(folder), "--trust-imports"])
    )
    assert result.exit_code == 0, result.output
    assert (folder / "results.json").read_bytes() == before
    assert stamps(folder / f"seed-{SEEDS[0]}") == done
    assert trial.exists()


def test_an_interrupt_is_one_line_and_what_is_done_stays(monkeypatch, tmp_path):
    from analysis.studies.seeds import of_records

    play = of_records.run_audit

    def interrupt(spec, *arguments):
        if spec.seed == 5:
            raise KeyboardInterrupt
        return play(spec, *arguments)

    monkeypatch.setattr(of_records, "run_audit", interrupt)
    result = run("--seeds", "3,5", "--out", tmp_path / "run")
    assert result.exit_code == 130
    assert result.stderr == "fedsz-privacy: interrupted; the same command goes on from here\n"
    assert (tmp_path / "run" / "seed-3" / "report.html").exists()
    assert not (tmp_path / "run" / "report.json").exists()


def test_another_question_in_the_same_folder_is_one_line(several):
    for arguments, other in ((["--seeds", "3-5"], "[3, 4, 5]"), (["--seed", "3"], "nothing")):
        result = run(*arguments, "--out", several)
        assert (result.exit_code, result.stderr.count("\n")) == (2, 1), result.output
        assert (
            f"answers another question (not the same seeds: [3, 5] there, {other} here): choose another --out"
            in result.stderr
        )


def test_bad_input_leaves_nothing(tmp_path):
    result = run("--seeds", "0-1", "--model", "vgg", "--out", tmp_path / "run")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1), result.output
    assert not (tmp_path / "run").exists()
