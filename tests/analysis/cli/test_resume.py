"""Runs that are killed, interrupted, spread over workers and continued all end with the same results."""

import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from processes import left, running, start
from typer.testing import CliRunner

from analysis.cli import app

pytestmark = pytest.mark.usefixtures("undrawn")

TRIALS = 192
"""Six chunks."""

SMALL = f"--trials {TRIALS} --candidates 20 --clients 2 --rounds 1 --epochs 2 --release none --signal loss".split()
MINE = """
from attacks import Signal
from torch import nn

SMALLEST_LOGIT = Signal("smallest-logit", lambda view: view.logits.min(dim=-1).values.numpy())


class Linear(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.layer = nn.Linear(width, classes)

    def forward(self, images):
        return self.layer(images.flatten(1))


def linear(shape, classes):
    return Linear(shape[0] * shape[1] * shape[2], classes)
"""
OWN = [*SMALL, "--release", "fedsz:rel=1e-2", "--model", "mine:linear", "--signal", "mine:SMALLEST_LOGIT"]


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory) -> bytes:
    """The results of a run on one worker that nothing disturbed."""
    return results(tmp_path_factory.mktemp("runs") / "unbroken", *SMALL)


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> bytes:
    """The results of one worker on a user's own model and signal."""
    folder = tmp_path_factory.mktemp("alone")
    (folder / "mine.py").write_text(MINE)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        found = results(folder / "run", *OWN)
    sys.modules.pop("mine")
    return found


def results(run: Path, *arguments: str) -> bytes:
    result = CliRunner().invoke(app, ["audit", "--out", str(run), *arguments])
    assert result.exit_code == 0, result.output
    return (run / "results.json").read_bytes()


def resumed(run: Path, *arguments: str) -> bytes:
    result = CliRunner().invoke(app, ["audit", "--resume", str(run), *arguments])
    assert result.exit_code == 0, result.output
    return (run / "results.json").read_bytes()


def trials_in(folder: Path) -> list[Path]:
    return sorted((folder / "run" / "trials").glob("*.safetensors"))


def signal_mid_way(process: subprocess.Popen[str], folder: Path, number: int) -> tuple[str, str]:
    """Send a signal to the command and all its workers once some trials are done; return what it printed."""
    while not trials_in(folder):
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)
    os.killpg(process.pid, number)
    printed = process.communicate(timeout=300)
    assert 0 < len(trials_in(folder)) < TRIALS
    return printed


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_killed_run_goes_on_to_the_results_of_an_unbroken_one(tmp_path, unbroken, workers):
    process = start(tmp_path, "audit", "--out", "run", *SMALL, "--workers", workers)
    signal_mid_way(process, tmp_path, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert left(running, process.pid) == []
    done = {path: path.stat().st_mtime_ns for path in trials_in(tmp_path)}
    assert resumed(tmp_path / "run", "--workers", workers) == unbroken
    played_again = [path for path, stamp in done.items() if path.stat().st_mtime_ns != stamp]
    assert len(played_again) < 32 * int(workers)


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "backend"), [("1", "loky"), ("2", "loky"), ("2", "dask")])
def test_ctrl_c_ends_a_run_with_one_line_and_it_goes_on(tmp_path, unbroken, workers, backend):
    process = start(tmp_path, "audit", "--out", "run", *SMALL, "--workers", workers, "--backend", backend)
    _, complaints = signal_mid_way(process, tmp_path, signal.SIGINT)
    assert complaints == "fedsz-privacy: interrupted; the same command goes on from here\n"
    assert process.returncode == 130
    assert left(running, process.pid) == []
    assert resumed(tmp_path / "run") == unbroken


@pytest.mark.slow
@pytest.mark.parametrize(
    "backend",
    ["loky", "dask", pytest.param("ray", marks=pytest.mark.skipif(not find_spec("ray"), reason="needs ray"))],
)
def test_every_backend_gives_the_results_of_one_worker_on_a_users_own_model_and_signal(tmp_path, alone, backend):
    (tmp_path / "mine.py").write_text(MINE)
    process = start(tmp_path, "audit", "--out", "run", *OWN, "--workers", "2", "--backend", backend)
    printed = process.communicate(timeout=300)
    assert process.returncode == 0, printed
    assert (tmp_path / "run" / "results.json").read_bytes() == alone
