import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analysis.cli import app
from analysis.reporting.folder import versions

QUICK = ["--trials", "16", "--candidates", "20", "--clients", "2", "--rounds", "1", "--epochs", "1"]


def run(*arguments: str):
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "250"})


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    result = run("audit", *QUICK, "--release", "none", "--signal", "loss", "--seed", "7", "--out", str(folder))
    assert result.exit_code == 0, result.output
    return folder


WRONG = [
    *(f"audit {options}" for options in (
        "--model big", "--model nowhere:cnn", "--data nowhere.csv", "--data nothing", "--data nowhere:load",
        "--target price", "--task cluster", "--task nowhere:TASK", "--training nowhere:train", "--training train",
        "--optimizer lion", "--device tpu", "--epochs 0", "--release zip", "--release nowhere:mine", "--signal luck",
        "--signal nowhere:LUCK", "--adversary spy", "--trials 8 --candidates 20", "--model mine:", "--model a..b:net",
        "--data people.csv", "--data people.csv --target price",
    )),
    "audit-updates nowhere", "audit-updates --before a --after b --members c --data digits --model mlp",
    "noise nowhere.npz", "noise w.npz --before nowhere.npz", "bench nowhere.npz", "inspect nowhere.fsz",
    "compress nowhere.npz -o w.fsz --rel 0.1", "decompress nowhere.fsz -o w.npz", "recommend --max-loss 200%",
    "audit-clients --signal luck", "audit-clients --adversary spy", "audit-clients --release zip",
    "audit-updates recording --release zip", "audit-updates recording --signal luck",
    "audit-updates --before a --after b --members c --data digits --model big",
    "federate --payload nothing", "federate --release zip", "noise w.npz --release zip", "recommend --model big",
    "compress w.npz -o w.fsz", "compress w.npz -o w.fsz --rel 7", "compress w.npz -o w.fsz --rel 0.1 --compressor zip",
    "compress w.npz -o w.fsz --rel 0.1 --workers 0", "bench w.npz --compressor zip",
]  # fmt: skip


def test_a_wrong_option_is_refused_before_anything_heavy_is_loaded(tmp_path):
    """Imports take seconds; a refusal takes half of one."""
    for name in ("w.npz", "people.csv"):
        (tmp_path / name).write_text("age,income\n30,1\n")
    code = (
        "import sys; from typer.testing import CliRunner; from analysis.cli import app;"
        f"assert [each for each in {WRONG} if CliRunner().invoke(app, each.split()).exit_code != 2] == [];"
        "print(sorted({'torch', 'opacus', 'seaborn', 'scipy', 'sklearn', 'matplotlib', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_help_loads_no_heavy_package():
    code = (
        "import sys; from typer.testing import CliRunner; from analysis.cli import app;"
        "assert CliRunner().invoke(app, ['audit', '--help']).exit_code == 0;"
        "print(sorted({'torch', 'opacus', 'seaborn', 'scipy', 'sklearn', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_an_audit_ends_with_its_table_and_the_path_of_the_report(tmp_path):
    result = run("audit", *QUICK, "--release", "fedsz:rel=1e-1", "--out", str(tmp_path / "run"))
    assert result.exit_code == 0, result.output
    lines = result.stdout.strip().splitlines()
    assert lines[-1] == str(tmp_path / "run" / "report.html")
    assert any("fedsz:rel=1e-1" in line and "∞" in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "mnist"], "unknown data set 'mnist'"),
        (["--model", "vgg"], "unknown model 'vgg': choose one of"),
        (["--release", "zip"], "unknown release 'zip': choose one of"),
        (["--release", "fedsz:rel=0"], "error bound rel=0: choose a positive number"),
        (["--release", "fedsz:rel=-1"], "error bound rel=-1: choose a positive number"),
        (["--data", "./no-such-folder"], "unknown data set './no-such-folder'"),
        (["--release", "dpsgd:eps=0"], "eps 0.0: choose a positive number"),
        (["--trials", "1"], "trials 1: choose 8 or more"),
        (["--learning-rate", "0"], "learning rate 0.0: choose a positive number"),
        (["--workers", "0"], "workers 0: choose 1 or more"),
        (["--backend", "spark"], "unknown backend 'spark': choose one of loky, ray, dask"),
    ],
)
def test_bad_input_ends_with_one_line_and_leaves_nothing(tmp_path, arguments, message):
    result = run("audit", *arguments, "--out", str(tmp_path / "run"))
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_another_spec_in_the_same_folder_ends_with_one_line(finished):
    result = run("audit", *QUICK, "--release", "none", "--signal", "loss", "--seed", "5", "--out", str(finished))
    assert result.exit_code == 2
    assert "answers another question (not the same seed: 7 there, 5 here)" in result.stderr


def test_a_backend_that_is_not_installed_ends_with_one_line_and_leaves_nothing(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "distributed", None)
    result = run("audit", *QUICK, "--backend", "dask", "--out", str(tmp_path / "run"))
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "pip install -e '.[dask]'" in result.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "refused"),
    [
        (["--seed", "0"], "--seed"),
        (["--learning-rate", "0.2"], "--learning-rate"),
        (["--workers", "2", "--trials", "16", "--release", "none"], "--trials, --release"),
        (["--release", "none", "--trials", "16"], "--release, --trials"),
        (["--out", "elsewhere"], "--out"),
        (["--quiet", "--seeds", "0-3", "--figures", "pdf"], "--seeds"),
    ],
)
def test_resume_refuses_options_that_would_change_the_question(tmp_path, arguments, refused):
    result = run("audit", "--resume", str(tmp_path), *arguments)
    assert result.exit_code == 2
    assert result.stderr.endswith(f"--resume takes the question from the folder: leave out {refused}\n")


@pytest.mark.parametrize(
    "spec",
    [None, "", "{}", '{"command": "noise", "training": {}, "versions": {}}', '{"training": 3}'],
    ids=["no spec", "an empty one", "one without a question", "one of another command", "one of another form"],
)
def test_resume_refuses_a_folder_that_holds_no_audit(tmp_path, spec):
    if spec is not None:
        (tmp_path / "spec.json").write_text(spec)
    before = list(tmp_path.iterdir())
    result = run("audit", "--resume", str(tmp_path))
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert f"{tmp_path} holds no audit to go on with" in result.stderr
    assert list(tmp_path.iterdir()) == before


def test_resume_refuses_a_run_of_other_versions(monkeypatch, finished):
    monkeypatch.setattr("analysis.reporting.folder.versions", lambda: versions() | {"torch": "1.0"})
    result = run("audit", "--resume", str(finished))
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    told = f"(not the same version of torch: {versions()['torch']} there, 1.0 here): choose another --out"
    assert f"answers another question {told}" in result.stderr


def test_a_finished_run_resumes_to_the_same_results(finished):
    before = (finished / "results.json").read_bytes()
    (finished / "results.json").unlink()
    result = run("audit", "--resume", str(finished))
    assert result.exit_code == 0, result.output
    assert (finished / "results.json").read_bytes() == before


@pytest.mark.slow
def test_a_finished_run_resumes_to_as_much_as_is_asked_for(finished):
    assert run("audit", "--resume", str(finished), "--quiet").stdout == f"{finished / 'report.html'}\n"
    assert json.loads(run("audit", "--resume", str(finished), "--json").stdout)["defences"]
    assert run("audit", "--resume", str(finished), "--figures", "svg").exit_code == 0
    assert list((finished / "figures").glob("*.svg"))


def test_an_interrupt_ends_with_one_line(monkeypatch, tmp_path):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("analysis.studies.audit.run.run_audit", interrupt)
    result = run("audit", *QUICK, "--out", str(tmp_path / "run"))
    assert result.exit_code == 130
    assert result.stderr.count("\n") == 1


def test_a_programming_error_keeps_its_traceback(monkeypatch, tmp_path):
    def fail(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("analysis.studies.audit.run.run_audit", fail)
    assert isinstance(run("audit", *QUICK, "--out", str(tmp_path / "run")).exception, ZeroDivisionError)
