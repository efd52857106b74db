"""Each broken promise is seen: the judge's own negative controls."""

import time

import pytest
import torch

from fedsz_privacy import FedSZ, FrameError
from fuzz.corpus import trusted_frames
from fuzz.isolated import verdicts
from fuzz.judging import ACCEPTED, judge, receiver_of

FRAME = trusted_frames()[1]
GOOD = receiver_of().decode(FRAME)


def greedy(*_):
    """Take more than the C library keeps for itself when it is freed."""
    torch.ones(2**26, dtype=torch.uint8)
    return GOOD


def slow(*_):
    start = time.process_time()
    while time.process_time() < start + 1.1:
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
        (slow, "took 1"),
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
    assert fault in judge(FRAME).fault


def test_reasons_hold_no_names_and_numbers(monkeypatch):
    assert judge(FRAME).reason == ACCEPTED
    monkeypatch.setattr(FedSZ, "decode", crashes)
    assert judge(FRAME).reason == "RuntimeError: storage of # bytes overflowed"


@pytest.mark.slow
def test_a_process_that_ends_is_a_fault():
    ((number, verdict),) = verdicts("no such source", 0, 7, 8)
    assert (number, verdict.fault) == (7, "ended the process with status 1")
