"""Decoding a frame under measurement: what became of it, and which of the promises was broken."""

import ctypes
import re
import resource
import time
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from fedsz_privacy import ErrorBound, FedSZ, FrameError
from fedsz_privacy.codec.frame import unpack

MAX_BYTES = 2**20
"""What a receiver allows here."""

MEMORY_FACTOR = 1
"""Most memory that a decoding may take beside the frame, in units of ``max_bytes``, as its documentation promises."""

BASE = 8 * 2**20
"""Memory that a decoding may take besides: the libraries' own, and that of loading them at their first use."""

MOST_SECONDS = 10.0
"""Of processor time, a hundred times what the slowest takes on an idle machine."""

ADDRESS_SPACE = 2**28
"""What a process that decodes may take besides what it has when it starts."""

ACCEPTED = "accepted"
TEXT = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
NUMBER = r"(?<!\w)(?:0x[\da-f]+|-?\d[\d.e+-]*|-?inf|nan)\b"
VARIABLE = re.compile(rf"(?:{TEXT}|{NUMBER})(?:, {NUMBER})*")
"""What differs between refusals for the same reason: names, numbers, and shapes."""


@dataclass(frozen=True)
class Verdict:
    """What became of a frame.

    Attributes
    ----------
    reason : str
        ``"accepted"``, or why it was refused, without names and numbers.
    fault : str
        The promise that was broken; empty if none was.
    seconds : float
        Processor time of the decoding.
    peak : int
        Growth of the resident memory during it, in bytes.
    """

    reason: str
    fault: str
    seconds: float
    peak: int


def receiver_of(max_bytes: int = MAX_BYTES) -> FedSZ:
    """Return a receiver that trusts what every receiver does."""
    return FedSZ(ErrorBound.rel(1e-2), max_bytes=max_bytes)


def judge(frame: bytes, max_bytes: int = MAX_BYTES) -> Verdict:
    """Decode a frame and say what became of it."""
    receiver = receiver_of(max_bytes)
    before = reset_peak()
    start = time.process_time()
    state: dict[str, Tensor] = {}
    error: Exception | None = None
    try:
        state = receiver.decode(frame)
    except Exception as raised:
        error = raised
    seconds, peak = time.process_time() - start, peak_memory() - before
    faults = [_fault_of(error) if error else _difference(frame, state)]
    faults += [f"took {seconds:.1f} s"] * (seconds > MOST_SECONDS)
    faults += [f"took {peak / 2**20:.0f} MiB"] * (peak > MEMORY_FACTOR * max_bytes + BASE)
    return Verdict(_reason(error) if error else ACCEPTED, "; ".join(filter(None, faults)), seconds, peak)


def limit_memory() -> None:
    """Take the right to more than `ADDRESS_SPACE` from this process, to spare the machine."""
    limit = _status("VmSize") + ADDRESS_SPACE
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def resident_memory() -> int:
    """Return the resident memory of this process in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def reset_peak() -> int:
    """Return the resident memory of this process in bytes, and let its peak begin there."""
    # Memory that the C library keeps free would be used again without any growth: it goes back first.
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def peak_memory() -> int:
    """Return the greatest resident memory since `reset_peak`, in bytes."""
    return _status("VmHWM")


def _status(field: str) -> int:
    found = re.search(rf"^{field}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) * 1024


def _fault_of(error: Exception) -> str:
    if not isinstance(error, FrameError):
        return f"raised {type(error).__name__}: {error}"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MemoryError) or "alloc" in str(cause):
            return "asked for more memory than there is"
        cause = cause.__cause__
    return ""


def _reason(error: Exception) -> str:
    return VARIABLE.sub("#", f"{type(error).__name__}: {error}")


def _difference(frame: bytes, state: dict[str, Tensor]) -> str:
    announced = [(entry.name, entry.shape, entry.dtype) for entry in unpack(frame)[0].entries]
    found = [(name, tuple(tensor.shape), tensor.dtype) for name, tensor in state.items()]
    return "" if found == announced else f"decoded to {found}, not to {announced}"
