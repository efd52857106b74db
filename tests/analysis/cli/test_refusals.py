"""Every command refuses bad input in one line, before any work, and writes nothing."""

import os
import resource
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from refusals.files import write_inputs
from refusals.rows import QUICK, ROWS
from typer.testing import CliRunner

from analysis.cli import app

COMMANDS = ("audit", "federate", "recommend", "noise", "bench", "report", "audit-updates")
MOST_SECONDS = 60
"""Of processor time, which other work on the machine does not take from. Whoever computes first takes minutes."""

PROCESSES = (
    "audit --resume held/aborts",
    "federate --data hidden.npz",
    "noise nan.safetensors",
    "bench expanded.pt",
    "report held/pipe",
)
"""A row of each command, and what each would do if it were not refused: abort, guess, compute, fill memory, wait."""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    write_inputs(folder)
    return folder


@pytest.fixture
def here(inputs, monkeypatch) -> Iterator[Path]:
    """The folder of all inputs, as the working directory, out of which users' own parts are imported anew."""
    monkeypatch.chdir(inputs)
    monkeypatch.setattr(sys, "path", [str(inputs), *sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = signal.signal(signal.SIGALRM, lambda *_: pytest.fail("waits for a pipe, or for what has no end"))
    signal.alarm(60)
    yield inputs
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
    sys.modules.pop("mine", None)


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Return the sizes and times of change of everything in a folder, by name."""
    # Hundreds of tests look at hundreds of files, twice each: paths as text take a fifth of the time of Path objects.
    inside = (f"{at}/{name}" for at, folders, files in os.walk(folder) for name in (*folders, *files))
    found = {name: os.lstat(name) for name in inside}
    return {name: (stat.st_size, stat.st_mtime_ns) for name, stat in found.items()}


def require_one_line(stderr: str, message: str) -> None:
    assert stderr.startswith("fedsz-privacy: "), stderr
    assert stderr.endswith("\n"), stderr
    assert stderr[:-1].isprintable(), stderr
    assert message in stderr


@pytest.mark.parametrize(("command", "message"), ROWS, ids=[command.removesuffix(f" {QUICK}") for command, _ in ROWS])
def test_bad_input_is_one_line_and_nothing_written(here, command, message):
    before, start = listing(here), time.process_time()
    result = CliRunner().invoke(app, shlex.split(command))
    seconds = time.process_time() - start
    assert (result.exit_code, result.stdout) == (2, ""), result.output + repr(result.exception)
    require_one_line(result.stderr, message)
    assert listing(here) == before
    assert seconds < MOST_SECONDS


def test_the_table_is_long_and_whole():
    assert len(ROWS) >= 150
    assert [command for command, times in Counter(command for command, _ in ROWS).items() if times > 1] == []
    assert [command for command, message in ROWS if len(message) < 5] == []
    assert {command.split()[0] for command, _ in ROWS} >= set(COMMANDS)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
@pytest.mark.parametrize("command", ["noise good.safetensors", "bench good.safetensors", "audit --data good.npz"])
def test_a_file_that_may_not_be_read_is_one_line(tmp_path, monkeypatch, command):
    write_inputs(tmp_path)
    monkeypatch.chdir(tmp_path)
    Path(command.split()[-1]).chmod(0)
    result = CliRunner().invoke(app, command.split())
    assert (result.exit_code, result.stdout) == (2, "")
    require_one_line(result.stderr, "cannot be opened (Permission denied)")


@pytest.mark.slow
@pytest.mark.parametrize("command", PROCESSES)
def test_a_process_ends_soon_without_a_traceback(inputs, command):
    before, start = listing(inputs), resource.getrusage(resource.RUSAGE_CHILDREN)
    program = [sys.executable, "-B", "-c", "from analysis.cli import main; main()", *shlex.split(command)]
    result = subprocess.run(program, cwd=inputs, capture_output=True, text=True, check=False)
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (result.returncode, result.stdout) == (2, ""), result.stderr
    require_one_line(result.stderr, dict(ROWS)[command])
    assert listing(inputs) == before
    assert end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime < MOST_SECONDS
