"""Each broken promise is seen: the judge's own negative controls."""

import ctypes
import time

import pytest
import torch

from fedsz_privacy import FedSZ, FrameError
from fuzz import judging
from fuzz.corpus import trusted_frames
from fuzz.isolated import verdicts
from fuzz.judging import ACCEPTED, judge, peak_memory, receiver_of, reset_peak

FRAME = trusted_frames()[1]
GOOD = receiver_of().decode(FRAME)


def greedy(*_):
    """Take more than the C library keeps for itself when it is freed."""
    torch.ones(2**26, dtype=torch.uint8)
    return GOOD


def slow(*_):
    start = time.process_time()
    while time.process_time() < start + 0.3:
        pass
    return GOOD


def refuses_for_memory(*_):
    try:
        raise MemoryError
    except MemoryError as error:
        raise FrameError("frame is too large") from error


def crashes(*_):
    raise RuntimeError("storage of 12 bytes overflowed")


@pytest.mark.parametrize(
    ("decode", "fault"),
    [
        (greedy, "MiB"),
        (slow, "took 0."),
        (refuses_for_memory, "asked for more memory"),
        (crashes, "raised RuntimeError"),
        (lambda *_: {"line.weight": torch.zeros(1024).double()}, "decoded to"),
        (lambda *_: {"line.weight": torch.zeros(1023)}, "decoded to"),
        (lambda *_: {"weight": torch.zeros(1024)}, "decoded to"),
    ],
)
def test_a_broken_promise_is_a_fault(decode, fault, monkeypatch):
    assert judge(FRAME).fault == ""
    monkeypatch.setattr(FedSZ, "decode", decode)
    monkeypatch.setattr(judging, "MOST_SECONDS", 0.2)
    assert fault in judge(FRAME).fault


def test_memory_that_the_c_library_kept_free_counts_when_it_is_taken_again():
    library = ctypes.CDLL(None)
    library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    blocks = [library.malloc(20_000) for _ in range(8_000)]
    for block in blocks:
        ctypes.memset(block, 1, 20_000)
    for block in blocks[:-1]:  # the last one stays, so that the others remain with the library
        library.free(ctypes.c_void_p(block))
    before = reset_peak()
    torch.ones(2**26, dtype=torch.uint8)
    assert peak_memory() - before >= 0.9 * 2**26
    library.free(ctypes.c_void_p(blocks[-1]))


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("storage of 12 bytes overflowed", "storage of # bytes overflowed"),
        ("shape (4, 5) or (-1.5e-3,), bound -inf", "shape (#) or (#,), bound #"),
        ("""names 'it\\'s', b"x" and "a'b\"""", "names #, b# and #"),
        ("version 0x3040000, SZ3 by int64", "version #, SZ3 by int64"),
    ],
)
def test_reasons_hold_no_names_and_numbers(message, reason, monkeypatch):
    def refuse(*_):
        raise FrameError(message)

    assert judge(FRAME).reason == ACCEPTED
    monkeypatch.setattr(FedSZ, "decode", refuse)
    assert judge(FRAME).reason == f"FrameError: {reason}"


@pytest.mark.slow
def test_a_process_that_ends_is_a_fault():
    ((number, verdict),) = verdicts("no such source", 0, 7, 8)
    assert (number, verdict.fault) == (7, "ended the process with status 1")
