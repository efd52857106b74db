import dataclasses
import os
import signal
import time
from functools import partial

import numpy as np
import pytest
import torch

from fedsz_privacy import ErrorBound, FedSZ, InputError
from fedsz_privacy.codec.compressors import COMPRESSORS, get_compressor
from fedsz_privacy.codec.header import BLOCK, DTYPES
from fedsz_privacy.codec.workers import SMALL, _pool, in_order

FEDSZ = FedSZ(ErrorBound.rel(1e-2), workers=2)
ALONE = dataclasses.replace(FEDSZ, workers=1)


def state_of(count):
    torch.manual_seed(0)
    weights = {f"{place}.weight": torch.randn(40_000 * (1 + place % 3)).to(torch.float16) for place in range(count)}
    kept = {f"kept as {dtype}": torch.ones(20).to(dtype) for dtype in DTYPES}
    return {**weights, **kept, "large.weight": torch.randn(300_000), "steps": torch.arange(BLOCK // 8)}


def test_one_worker_is_this_process():
    assert list(in_order([("a", partial(os.getpid))], 1)) == [("a", os.getpid())]


@pytest.mark.slow
@pytest.mark.parametrize("name", COMPRESSORS)
def test_frames_do_not_depend_on_the_number_of_workers(name):
    state, compressor = state_of(5), get_compressor(name)
    frames = {dataclasses.replace(FEDSZ, compressor=compressor, workers=count).encode(state) for count in (1, 2, 3)}
    assert len(frames) == 1


@pytest.mark.slow
def test_files_do_not_depend_on_the_number_of_workers(tmp_path):
    state = state_of(9)
    FEDSZ.encode_to(state, tmp_path / "two")
    ALONE.encode_to(state, tmp_path / "one")
    assert (tmp_path / "two").read_bytes() == (tmp_path / "one").read_bytes() == ALONE.encode(state)


@pytest.mark.slow
def test_results_keep_their_order_and_notes_and_those_of_large_tasks_come_from_other_processes():
    sizes = [SMALL // 8 * (1 + place % 3) if place % 5 else 100 for place in range(40)]
    arrays = [np.full(size, place) for place, size in enumerate(sizes)]
    found = list(in_order(((place, partial(first_and_process, array)) for place, array in enumerate(arrays)), 2))
    assert [(place, first) for place, (first, _) in found] == [(place, place) for place in range(40)]
    assert all((process == os.getpid()) == (arrays[place].nbytes < SMALL) for place, (_, process) in found)


def first_and_process(array):
    return int(array[0]), os.getpid()


@pytest.mark.slow
def test_an_error_on_the_way_to_a_task_is_raised_and_nothing_is_written(tmp_path):
    state = {**state_of(20), "odd": torch.zeros(2, dtype=torch.float8_e5m2)}
    with pytest.raises(InputError, match="'odd' has dtype"):
        FEDSZ.encode_to(state, tmp_path / "frame")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("workers", [0, -1, 1.5])
def test_a_number_of_workers_that_is_none_is_refused(workers):
    with pytest.raises(InputError, match=f"workers {workers}"):
        FedSZ(ErrorBound.rel(1e-2), workers=workers)


@pytest.mark.slow
def test_a_killed_worker_is_one_line_and_the_next_call_starts_others():
    state = state_of(9)
    expected = ALONE.encode(state)
    assert FEDSZ.encode(state) == expected
    for pid in _pool(2)._processes:
        os.kill(pid, signal.SIGKILL)
    time.sleep(1)
    with pytest.raises(InputError, match="a worker was killed"):
        FEDSZ.encode(state)
    assert FEDSZ.encode(state) == expected
