"""Whatever computes does so on one thread, and digits do not depend on how many there are."""

import os
import subprocess
import sys

import pytest
import torch
from threadpoolctl import threadpool_info

from fedsz_privacy.core.threads import one_thread

SMALL = "--trials 8 --candidates 40 --clients 3 --rounds 2 --epochs 1 --gradient-canaries 20 --release fedsz:rel=1e-2"


def test_one_thread_gives_the_threads_back():
    before = torch.get_num_threads(), [pool["num_threads"] for pool in threadpool_info()]
    with one_thread():
        assert torch.get_num_threads() == 1
        assert {pool["num_threads"] for pool in threadpool_info()} == {1}
    assert (torch.get_num_threads(), [pool["num_threads"] for pool in threadpool_info()]) == before


UNDRAWN = """
from analysis.cli import main
from analysis.reporting import style

style.to_bytes = lambda *_: bytes(20_000)
main()
"""
"""The command line, whose figures are written without being drawn."""


@pytest.mark.slow
def test_an_audit_gives_the_same_results_on_any_number_of_threads(tmp_path):
    found = set()
    for threads in ("1", "2"):
        command = [UNDRAWN, "audit", "--out", threads, *SMALL.split()]
        limits = {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
        subprocess.run([sys.executable, "-c", *command], cwd=tmp_path, env={**os.environ, **limits}, check=True)
        found.add((tmp_path / threads / "results.json").read_bytes())
    assert len(found) == 1
