"""Commands as processes of their own, which tests interrupt, stop and kill, and how much they may write."""

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 60
"""Seconds that processes are given to end on a busy machine."""

COMMAND = "from analysis.cli import main; main()"


def start(folder: Path, *arguments: str, before: str = "") -> subprocess.Popen[str]:
    """Start a command as a terminal does, in a folder and in a process group of its own, after some Python lines."""
    command = [sys.executable, "-c", f"{before}\n{COMMAND}", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=folder, text=True, start_new_session=True, stdout=pipe, stderr=pipe)


def running(group: int) -> list[str]:
    """Return the commands of a process group that still run; those that wait to be reaped do not."""
    table = subprocess.check_output(["ps", "-eo", "pgid=,stat=,args="], text=True)
    rows = [line.split(maxsplit=2) for line in table.splitlines()]
    return [row[2] for row in rows if row[0] == str(group) and not row[1].startswith("Z")]


def marked(name: str, beginning: str) -> list[str]:
    """Return the commands of the processes that have a variable in their environment which begins so."""
    # Not everybody's environment has it, and most tests need it not.
    import psutil

    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(name, "").startswith(beginning):
                found.append(" ".join(process.cmdline()))
        except (psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return found


def left(find: Callable[..., list[str]], *arguments: object) -> list[str]:
    """Return what `running` or `marked` still finds when the processes have had `PATIENCE` seconds to end."""
    end = time.monotonic() + PATIENCE
    while (found := find(*arguments)) and time.monotonic() < end:
        time.sleep(0.2)
    return found


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file of this process, or of those that it starts, grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
