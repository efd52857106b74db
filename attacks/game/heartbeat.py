"""Whether workers are still at work: each leaves a heartbeat in a shared folder, and whoever waits listens to it."""

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from fedsz_privacy.core.errors import InputError

PERIOD = 1.0
"""Seconds between two beats, and between two looks at them."""

SILENCE = 60
"""Looks without a new beat after which a worker at work counts as stopped."""

START = 300
"""Looks without any beat after which workers count as never started."""

SUFFIX = ".beat"
NOBODY = ""


@contextmanager
def beating(path: Path) -> Iterator[None]:
    """Renew a file while the work lasts, and remove it in the end; a process that is stopped or killed cannot."""
    done = threading.Event()

    def beat() -> None:
        for number in count():
            # A beat that cannot be written is a missed one: a full disk is reported by what the work itself writes.
            with suppress(OSError):
                path.write_text(f"{os.getpid()} {number}")
            if done.wait(PERIOD):
                return

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        path.unlink(missing_ok=True)


@contextmanager
def listening(folder: Path) -> Iterator[None]:
    """Wait for workers that beat in a folder, but not for ever.

    An alarm looks, so that it interrupts whatever the wait is made of. It counts its own looks and asks no clock: a
    run that is stopped as a whole and goes on later has missed nothing. Outside the main thread no alarm can be set,
    and nothing is listened for.

    Raises
    ------
    InputError
        If a worker that began a chunk has not beaten for `SILENCE` looks, or none has begun for `START` looks.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    for left in folder.glob(f"*{SUFFIX}"):
        left.unlink(missing_ok=True)
    before = signal.signal(signal.SIGALRM, _listener(folder))
    alarm = signal.setitimer(signal.ITIMER_REAL, PERIOD, PERIOD)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *alarm)
        signal.signal(signal.SIGALRM, before)


def _listener(folder: Path) -> Callable[..., None]:
    """Return what an alarm calls: it counts for how many looks each beat has been the same."""
    heard: dict[str, bytes] = {}
    quiet: Counter[str] = Counter()

    def look(*_: object) -> None:
        nonlocal heard, quiet
        beats = _beats(folder) or {NOBODY: b""}
        quiet = Counter({name: quiet[name] + 1 for name, beat in beats.items() if heard.get(name) == beat})
        heard = beats
        for name, looks in quiet.items():
            if looks >= (START if name == NOBODY else SILENCE):
                # Once is enough: a second alarm would disturb those who let the workers go.
                signal.setitimer(signal.ITIMER_REAL, 0)
                raise InputError(_complaint(name, looks))

    return look


def _beats(folder: Path) -> dict[str, bytes]:
    """Return the beats in a folder; one that is removed meanwhile is no longer waited for."""
    beats = {}
    for path in folder.glob(f"*{SUFFIX}"):
        with suppress(OSError):
            beats[path.name] = path.read_bytes()
    return beats


def _complaint(name: str, looks: int) -> str:
    seconds = f"{looks * PERIOD:.0f} s"
    silent = "no worker has begun" if name == NOBODY else f"the worker of trial {name.removesuffix(SUFFIX)} was silent"
    return (
        f"{silent} for {seconds}: it is stopped, was killed again and again, or cannot be reached; see to it, or "
        "choose fewer workers; the same command goes on from here"
    )
