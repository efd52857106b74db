"""Ray and Dask clusters of this machine: the results of one process, and an end in one line when workers fail."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest
from processes import running, start

CLUSTERS = ["dask", pytest.param("ray", marks=pytest.mark.skipif(not find_spec("ray"), reason="needs ray"))]

IMPATIENT = "import attacks.game.heartbeat as heartbeat; heartbeat.SILENCE = 8"
"""For the process that waits, so that a test need not wait a minute."""

SIZES = {"trials": "96", "candidates": "20", "clients": "2", "rounds": "1", "epochs": "2"}
SMALL = [f"--{name}={size}" for name, size in SIZES.items()] + ["--release", "none", "--signal", "mine:SLOW"]
MINE = """
import time

from attacks import Signal


def look(view):
    time.sleep(0.05)
    return view.logits.min(dim=-1).values.numpy()


SLOW = Signal("slow", look)
"""


def results(folder: Path, *arguments: str) -> bytes:
    """Run an audit to its end and return its results."""
    process = start(folder, "audit", "--out", "run", *arguments)
    printed = process.communicate(timeout=500)
    assert process.returncode == 0, printed
    return (folder / "run" / "results.json").read_bytes()


@pytest.fixture(scope="module")
def default(tmp_path_factory) -> bytes:
    """The results of the default audit on one process."""
    return results(tmp_path_factory.mktemp("default"))


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> bytes:
    """The results of the small audit on one process."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "mine.py").write_text(MINE)
    return results(folder, *SMALL)


@pytest.mark.slow
@pytest.mark.parametrize("backend", CLUSTERS)
def test_the_default_audit_on_a_cluster_gives_the_results_of_one_process(tmp_path, default, backend):
    assert results(tmp_path, "--workers", "2", "--backend", backend) == default


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL])
@pytest.mark.parametrize("backend", ["loky", *CLUSTERS])
def test_workers_that_fail_end_a_run_in_one_line_and_no_trial_is_lost(tmp_path, small, backend, number):
    (tmp_path / "mine.py").write_text(MINE)
    command = ["audit", "--out", "run", *SMALL, "--workers", "2", "--backend", backend]
    process = start(tmp_path, *command, before=IMPATIENT)
    fail_workers(process, tmp_path / "run" / "trials", number)
    _, complaints = process.communicate(timeout=60)
    assert process.returncode == 2, complaints
    assert complaints.count("\n") == 1
    assert complaints.startswith("fedsz-privacy: ")
    assert complaints.endswith("the same command goes on from here\n")
    assert running(process.pid) == []
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "run" / "trials").glob("*.safetensors")}
    assert results(tmp_path, *SMALL) == small
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
