"""A disk that is full or read-only ends every command in one line; with room again, the same command goes on."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from joblib.externals.loky import get_reusable_executor
from processes import room_for
from typer.testing import CliRunner

from analysis.cli import app

pytestmark = pytest.mark.usefixtures("undrawn")

RUNS = {
    "audit": "--trials 16 --candidates 100 --clients 2 --rounds 1 --epochs 1 --release none --signal loss "
    "--signal cosine --gradient-canaries 5",
    "federate": "--model mlp --rounds 1 --records 60 --clients 2 --epochs 1",
    "noise": "CHECKPOINT --release fedsz:rel=1e-2",
    "bench": "CHECKPOINT --compressor nopred --bound 1e-2 --repeats 1",
}
MOUNTED = (
    shutil.which("unshare")
    and not subprocess.run(
        ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False
    ).returncode
)


SMALL_DISK = """
import json
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from analysis.cli import app
from analysis.reporting import style

style.to_bytes = lambda *_: bytes(20_000)


def mount(*options):
    subprocess.run(["mount", *options, "disk"], check=True)


def end(*words):
    result = CliRunner().invoke(app, words)
    ends.append((result.exit_code, result.stderr))


ends, audit = [], sys.argv[1:]
mount("-t", "tmpfs", "-o", "size=64k", "tmpfs")
end(*audit, "disk/run")
mount("-o", "remount,size=64m")
end(*audit, "disk/run")
mount("-o", "remount,ro")
end("report", "disk/run")
end(*audit, "disk/run")
end(*audit, "disk/run-other")
mount("-o", "remount,rw")
Path("disk/run/report.html").unlink()
mount("-o", "remount,ro")
end("report", "disk/run")
print(json.dumps(ends))
"""
"""Runs the commands of a test on a disk of its own, draws nothing, and prints how each ended and what it told."""


def end(*arguments: str) -> tuple[int, list[str]]:
    """Run a command; return its exit code and the lines that it complained in."""
    result = CliRunner().invoke(app, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stderr.splitlines()


def results(folder: Path) -> bytes:
    return (folder / "run" / "results.json").read_bytes()


@pytest.fixture
def asked(tmp_path, monkeypatch) -> dict[str, list[str]]:
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    torch.save({"a.weight": torch.randn(50, 60)}, tmp_path / "state.pt")
    return {
        command: [command, *options.replace("CHECKPOINT", "state.pt").split(), "--out", "run"]
        for command, options in RUNS.items()
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "room", "place"),
    [
        ("audit", 300, "run/spec.json"),
        ("audit", 1500, "run/trials/00000.safetensors"),
        ("audit", 12_000, "run/figures/"),
        ("federate", 300, "run/spec.json"),
        ("federate", 12_000, "run/rounds/0.safetensors"),
        ("noise", 300, "run/spec.json"),
        ("noise", 3000, "run/"),
        ("bench", 300, "run/spec.json"),
        ("bench", 2000, "run/"),
    ],
)
def test_a_full_disk_is_one_line_and_with_room_the_same_command_goes_on(tmp_path, asked, command, room, place):
    with room_for(room):
        code, (told,) = end(*asked[command])
    assert code == 2
    assert told.startswith("fedsz-privacy: cannot write ")
    assert place in told
    assert told.endswith("(File too large): make room, and give the same command again")
    assert not [path for path in (tmp_path / "run").rglob("*") if path.name.endswith(".tmp")]
    code, complaints = end(*asked[command])
    assert (code, complaints) == (0, [])
    if command in {"audit", "noise"}:
        went_on = results(tmp_path)
        shutil.rmtree(tmp_path / "run")
        assert end(*asked[command]) == (0, [])
        assert results(tmp_path) == went_on


@pytest.mark.slow
def test_workers_that_find_the_disk_full_end_in_the_same_line(asked):
    get_reusable_executor().shutdown()
    with room_for(1500):
        code, (told,) = end(*asked["audit"], "--workers", "2")
    get_reusable_executor().shutdown()
    assert code == 2
    assert "run/trials/000" in told
    assert told.endswith("(File too large): make room, and give the same command again")


@pytest.mark.slow
@pytest.mark.skipif(not MOUNTED, reason="needs to mount a small disk")
def test_a_small_disk_fills_up_and_is_enlarged_and_is_made_read_only(tmp_path, asked):
    """On a disk of its own: 64 KB, 64 MB, read-only with a finished run, and read-only without one."""
    (tmp_path / "disk").mkdir()
    command = ["unshare", "--mount", sys.executable, "-c", SMALL_DISK, *asked["audit"][:-1]]
    printed = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    ends = json.loads(printed)
    assert [code for code, _ in ends] == [2, 0, 0, 0, 2, 2]
    full, again, other, page = "".join(told for _, told in ends).splitlines()
    assert full.startswith("fedsz-privacy: cannot write ")
    assert full.endswith("(No space left on device): make room, and give the same command again")
    assert "nothing is computed again" in again
    for line, place in ((other, "disk/run-other"), (page, "disk/run/report.html")):
        told = f"fedsz-privacy: cannot write {place} (Read-only file system): choose a folder that you may write to"
        assert line == told


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "place"), [("audit", "trials"), ("federate", "rounds"), ("noise", "figures"), ("bench", "figures")]
)
def test_a_file_in_the_place_of_a_folder_is_one_line_and_stays(tmp_path, asked, command, place):
    with room_for(1000):
        assert end(*asked[command])[0] == 2
    shutil.rmtree(tmp_path / "run" / place, ignore_errors=True)
    (tmp_path / "run" / place).write_text("mine")
    code, (told,) = end(*asked[command])
    assert code == 2
    assert told == f"fedsz-privacy: run/{place} is no folder, and the run has to write there: move it elsewhere"
    assert (tmp_path / "run" / place).read_text() == "mine"
