"""Workers of this machine, Ray's and Dask's too: an end in one line when they fail, and no trial is lost."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest
from processes import left, running, start
from typer.testing import CliRunner

from analysis.cli import app

pytestmark = pytest.mark.usefixtures("undrawn")

CLUSTERS = ["dask", pytest.param("ray", marks=pytest.mark.skipif(not find_spec("ray"), reason="needs ray"))]

IMPATIENT = """
import os
import attacks.game.heartbeat as heartbeat

heartbeat.SILENCE = 8
os.environ["SECONDS"] = "0.05"
"""
"""For the process that waits: it need not wait a minute, and its workers take long enough to be found at work."""

SIZES = {"trials": "96", "candidates": "20", "clients": "2", "rounds": "1", "epochs": "2"}
SMALL = [f"--{name}={size}" for name, size in SIZES.items()] + ["--release", "none", "--signal", "mine:SLOW"]
MINE = """
import os
import time

from attacks import Signal


def look(view):
    time.sleep(float(os.environ.get("SECONDS", 0)))
    return view.logits.min(dim=-1).values.numpy()


SLOW = Signal("slow", look)
"""


def results(folder: Path) -> bytes:
    """Run the audit in a folder to its end, in this process, and return its results."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        result = CliRunner().invoke(app, ["audit", "--out", "run", *SMALL])
    sys.modules.pop("mine", None)
    assert result.exit_code == 0, result.output
    return (folder / "run" / "results.json").read_bytes()


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory) -> bytes:
    """The results of a run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("unbroken")
    (folder / "mine.py").write_text(MINE)
    return results(folder)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL])
@pytest.mark.parametrize("backend", ["loky", *CLUSTERS])
def test_workers_that_fail_end_a_run_in_one_line_and_no_trial_is_lost(tmp_path, unbroken, backend, number):
    (tmp_path / "mine.py").write_text(MINE)
    command = ["audit", "--out", "run", *SMALL, "--workers", "2", "--backend", backend]
    process = start(tmp_path, *command, before=IMPATIENT)
    fail_workers(process, tmp_path / "run" / "trials", number)
    _, complaints = process.communicate(timeout=300)
    assert process.returncode == 2, complaints
    assert complaints.count("\n") == 1
    assert complaints.startswith("fedsz-privacy: ")
    assert complaints.endswith("the same command goes on from here\n")
    assert left(running, process.pid) == []
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "run" / "trials").glob("*.safetensors")}
    assert results(tmp_path) == unbroken
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in kept.items())


def fail_workers(process: subprocess.Popen[str], trials: Path, number: int) -> None:
    """Send a signal to every worker that begins a chunk, those that replace others too, until the run ends."""
    failed: set[int] = set()
    deadline = time.monotonic() + 100
    while process.poll() is None and time.monotonic() < deadline:
        for beat in trials.glob("*.beat"):
            with suppress(OSError, ValueError, IndexError):
                worker = int(beat.read_text().split()[0])
                if worker not in failed:
                    os.kill(worker, number)
                    failed.add(worker)
        time.sleep(0.005)
    assert failed
