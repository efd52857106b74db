"""A finished run is opened again: the same words, the same page, and nothing computed."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from analysis.cli import app

pytestmark = pytest.mark.usefixtures("undrawn")

RUNS = {
    "audit": "--trials 16 --candidates 20 --clients 2 --rounds 1 --epochs 1 --release fedsz:rel=1e-1 --signal loss",
    "federate": "--model mlp --rounds 1 --records 60 --clients 2 --epochs 1",
    "noise": "PLAIN --release fedsz:rel=1e-2",
    "bench": "OUTLIER --compressor nopred --bound 1e-2 --repeats 1",
}
COMPUTING = ("torch", "opacus", "numpy", "scipy", "sklearn", "matplotlib", "seaborn")


def run(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def asked(tmp_path_factory) -> dict[str, list[str]]:
    """The arguments of each command, in folders of their own."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("runs")
    weight = torch.randn(50, 60)
    torch.save({"a.weight": weight}, folder / "plain.pt")
    weight[0, 0] = 1e6
    torch.save({"a.weight": weight}, folder / "outlier.pt")
    files = {"PLAIN": str(folder / "plain.pt"), "OUTLIER": str(folder / "outlier.pt")}
    return {
        command: [command, *(files.get(word, word) for word in options.split()), "--out", str(folder / command)]
        for command, options in RUNS.items()
    }


@pytest.fixture(scope="module")
def finished(asked) -> dict[str, tuple[Path, str, str]]:
    """The folder of a run of each command, and what it printed."""
    played = {command: run(*arguments) for command, arguments in asked.items()}
    assert {command: result.exit_code for command, result in played.items()} == dict.fromkeys(RUNS, 0), played
    return {command: (Path(asked[command][-1]), result.stdout) for command, result in played.items()}


def closing(printed: str) -> str:
    """Return what was printed, without the bars of progress; what a run says before it starts comes first."""
    return "\n".join(line for line in printed.splitlines() if "\u2501" not in line)


def undated(path: Path) -> object:
    """Return what a file holds, without the date and the duration of its run."""
    if path.name != "report.json":
        return path.read_bytes()
    kept = json.loads(path.read_text())
    return kept | {"made": {"Versions": kept["made"]["Versions"]}}


def stamps(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.mark.parametrize("command", RUNS)
def test_a_report_is_what_the_command_ended_with(finished, command):
    folder, printed = finished[command]
    before = stamps(folder)
    result = run("report", folder)
    assert result.exit_code == 0, result.output
    assert closing(printed).endswith(closing(result.stdout))
    assert result.stdout.splitlines()[-1] == str(folder / "report.html")
    assert ("warning" in result.stderr) == (command == "bench")
    assert stamps(folder) == before


@pytest.mark.parametrize("command", RUNS)
def test_the_same_command_computes_nothing_again(monkeypatch, asked, finished, command):
    folder, printed = finished[command]
    before = stamps(folder)
    module = {"federate": "federation"}.get(command, command)
    name = {"federate": "run_federation"}.get(command, f"run_{command}")
    monkeypatch.setattr(f"analysis.studies.{module}.run.{name}", lambda *_, **__: pytest.fail("it was computed again"))
    result = run(*asked[command])
    assert result.exit_code == 0, result.output
    assert closing(printed).endswith(closing(result.stdout))
    assert "nothing is computed again" in result.stderr
    assert stamps(folder) == before


def test_a_finished_audit_is_resumed_without_computing_anything(monkeypatch, finished):
    folder, printed = finished["audit"]
    monkeypatch.setattr("analysis.studies.audit.run.run_audit", lambda *_, **__: pytest.fail("it was computed again"))
    result = run("audit", "--resume", folder)
    assert result.exit_code == 0
    assert closing(printed).endswith(closing(result.stdout))
    assert len(result.stdout.splitlines()) > 8


@pytest.mark.parametrize("command", RUNS)
def test_a_page_that_is_gone_is_laid_out_again_to_the_byte(finished, tmp_path, command):
    folder = tmp_path / "run"
    shutil.copytree(finished[command][0], folder)
    before = (folder / "report.html").read_bytes()
    (folder / "report.html").unlink()
    assert run("report", folder).exit_code == 0
    assert (folder / "report.html").read_bytes() == before


@pytest.mark.parametrize("command", RUNS)
def test_tables_are_files_for_a_paper(finished, tmp_path, command):
    folder = tmp_path / "run"
    shutil.copytree(finished[command][0], folder)
    numbers, typeset = (run("report", folder, "--tables", chosen) for chosen in ("csv", "tex"))
    assert numbers.exit_code == typeset.exit_code == 0, typeset.output
    assert str(folder / "tables" / "summary.csv") in numbers.stdout.splitlines()
    body = json.loads((folder / "report.json").read_text())["page"]["body"]
    tables = [part for part in body if "columns" in part]
    written = [Path(line) for line in typeset.stdout.splitlines() if line.endswith(".tex")]
    assert len(set(written)) == len(tables) == len(list(folder.glob("tables/*.tex")))
    for path, table in zip(written, tables, strict=True):
        assert path.read_text().count(r" \\" + "\n") == 1 + len(table["rows"])
    assert run("report", folder).exit_code == 0


def test_another_format_of_tables_is_one_line(finished):
    told = run("report", finished["audit"][0], "--tables", "xls")
    assert (told.exit_code, told.stderr.count("\n")) == (2, 1)
    assert "xls" in told.stderr


def test_a_report_imports_nothing_that_computes(finished, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(finished["audit"][0], folder)
    (folder / "report.html").unlink()
    code = (
        "import sys; from typer.testing import CliRunner; from analysis.cli import app;"
        "assert CliRunner().invoke(app, ['report', sys.argv[1], '--tables', 'tex']).exit_code == 0;"
        f"print(sorted({set(COMPUTING)} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", code, str(folder)], text=True).strip() == "[]"


@pytest.mark.parametrize("gone", ["results.json", "tables/leakage.csv", "figures/roc.png", "report.json"])
def test_what_is_missing_is_told(finished, tmp_path, gone):
    folder = tmp_path / "run"
    shutil.copytree(finished["audit"][0], folder)
    (folder / gone).unlink()
    told = run("report", folder)
    assert (told.exit_code, told.stderr.count("\n")) == (2, 1)
    assert f"{folder} holds no finished run" in told.stderr
    assert gone in told.stderr


@pytest.mark.parametrize("make", ["nothing", "file", "empty folder", "foreign json", "damaged", "of another form"])
def test_a_folder_without_a_finished_run_is_one_line(finished, tmp_path, make):
    path = tmp_path / "run"
    kept = (finished["audit"][0] / "report.json").read_text()
    text = {"foreign json": '{"page": 3}', "damaged": kept[:300], "of another form": kept.replace('"note"', '"mote"')}
    if make == "file":
        path.write_text("chapter 1")
    elif make != "nothing":
        path.mkdir()
    if make in text:
        (path / "report.json").write_text(text[make])
    result = run("report", path)
    assert (result.exit_code, result.stderr.count("\n"), result.stdout) == (2, 1, "")
    assert f"{path} holds no finished run" in result.stderr


def edit(path: Path, change) -> None:
    """Write a file of JSON again, changed."""
    kept = json.loads(path.read_text())
    change(kept)
    path.write_text(json.dumps(kept))


DAMAGE = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:100]),
    "empty": lambda path: path.write_bytes(b""),
    "no object": lambda path: path.write_text("[1, 2]"),
    "no text": lambda path: path.write_bytes(bytes(range(256))),
    "too deep": lambda path: path.write_text("[" * 100_000),
    "NaN": lambda path: edit(path, lambda kept: kept.update(number=float("nan"))),
    "another key": lambda path: edit(path, lambda kept: kept.update(speed=3)),
    "wrong types": lambda path: edit(path, lambda kept: kept.update(dict.fromkeys(kept, 3) | {"format": 2})),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", ["report.json", "results.json", "spec.json"])
def test_what_is_damaged_is_one_line_with_what_helps(asked, finished, tmp_path, name, damage):
    folder = tmp_path / "run"
    shutil.copytree(finished["audit"][0], folder)
    DAMAGE[damage](folder / name)
    told = run("report", folder)
    assert (told.exit_code, told.stderr.count("\n"), told.stdout) == (2, 1, "")
    assert str(folder) in told.stderr
    assert name in told.stderr
    assert (
        "put it back, or choose another --out" if name == "spec.json" else "finish it by its command"
    ) in told.stderr
    if name == "spec.json":
        for again in (run(*asked["audit"][:-1], folder), run("audit", "--resume", folder)):
            assert (again.exit_code, again.stderr.count("\n")) == (2, 1), again.output
            assert str(folder) in again.stderr


def test_a_key_that_a_page_does_not_know_is_named(finished, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(finished["audit"][0], folder)
    edit(folder / "report.json", lambda kept: kept["page"]["closing"][0].update(mote=3))
    assert "mote: Unexpected keyword argument" in run("report", folder).stderr


BROKEN = {
    "gone": Path.unlink,
    "damaged": lambda path: path.write_bytes(path.read_bytes()[:-3]),
}
FILES = ("report.json", "results.json", "tables/leakage.csv", "figures/roc.png")


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("name", FILES)
def test_what_is_gone_or_damaged_is_seen_by_the_command(monkeypatch, asked, finished, tmp_path, name, how):
    def compute(*_, **__):
        raise ZeroDivisionError

    folder = tmp_path / "run"
    shutil.copytree(finished["audit"][0], folder)
    BROKEN[how](folder / name)
    monkeypatch.setattr("analysis.studies.audit.run.run_audit", compute)
    assert isinstance(run(*asked["audit"][:-1], folder).exception, ZeroDivisionError)


@pytest.mark.slow
@pytest.mark.parametrize("how", BROKEN)
def test_what_is_gone_or_damaged_is_computed_again_by_the_command(asked, finished, tmp_path, how):
    folder = tmp_path / "run"
    shutil.copytree(finished["audit"][0], folder)
    before = {name: undated(folder / name) for name in FILES}
    for name in FILES:
        BROKEN[how](folder / name)
    result = run(*asked["audit"][:-1], folder)
    assert result.exit_code == 0, result.output
    assert {name: undated(folder / name) for name in FILES} == before
    assert run("report", folder).exit_code == 0


def test_a_finished_run_that_was_asked_otherwise_is_left_alone(asked, finished):
    folder, _ = finished["federate"]
    before = stamps(folder)
    result = run(*asked["federate"], "--seed", "5")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "answers another question (not the same seed: 0 there, 5 here): choose another --out" in result.stderr
    assert stamps(folder) == before


@pytest.mark.usefixtures("finished")
@pytest.mark.parametrize("command", ["noise", "bench"])
def test_a_checkpoint_that_has_changed_is_another_question(asked, command):
    checkpoint = Path(asked[command][1])
    kept = checkpoint.read_bytes()
    try:
        torch.save({"a.weight": torch.randn(50, 60)}, checkpoint)
        result = run(*asked[command])
        assert result.exit_code == 2
        assert f"answers another question (not the same content of {checkpoint})" in result.stderr
    finally:
        checkpoint.write_bytes(kept)
