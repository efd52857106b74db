import os
import signal
import subprocess
import sys

import pytest
from joblib import delayed

from analysis.reporting.workers import Workers
from fedsz_privacy import InputError


def test_results_come_in_the_order_of_the_work():
    with Workers(2).pool() as pool:
        assert pool(delayed(pow)(number, 2) for number in range(10)) == [number**2 for number in range(10)]


def test_one_worker_is_this_process():
    with Workers().pool() as pool:
        assert pool(delayed(os.getpid)() for _ in range(2)) == [os.getpid()] * 2


def test_workers_are_other_processes():
    with Workers(2).pool() as pool:
        assert os.getpid() not in pool(delayed(os.getpid)() for _ in range(4))


def test_a_killed_worker_is_one_line_and_the_next_pool_works():
    with (
        pytest.raises(InputError, match="one of 2 workers was killed, most likely out of memory: choose fewer workers"),
        Workers(2).pool() as pool,
    ):
        pool(delayed(signal.raise_signal)(signal.SIGKILL) for _ in range(2))
    with Workers(2).pool() as pool:
        assert pool(delayed(abs)(number) for number in (-1, -2)) == [1, 2]


def test_an_error_of_the_work_itself_passes_through():
    with Workers(2).pool() as pool, pytest.raises(ZeroDivisionError):
        pool(delayed(divmod)(1, 0) for _ in range(2))


@pytest.mark.parametrize("count", [0, -1])
def test_fewer_than_one_worker_is_refused(count):
    with pytest.raises(InputError, match=f"workers {count}: choose 1 or more"):
        Workers(count)


def test_an_unknown_backend_is_refused():
    with pytest.raises(InputError, match="unknown backend 'spark': choose one of loky, ray, dask, or leave it out"):
        Workers(2, "spark")


@pytest.mark.parametrize(("backend", "package"), [("ray", "ray"), ("dask", "distributed")])
def test_a_backend_without_its_package_names_the_extra(monkeypatch, backend, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=rf"'{package}' is not installed: .*, pip install -e '\.\[{backend}\]'"):
        Workers(2, backend)


SAYS_MORE = """
import logging
from joblib import delayed
from analysis.reporting.workers import Workers
if __name__ == "__main__":
    with Workers(2, "dask").pool() as pool:
        pool(delayed(abs)(number) for number in (-1, -2))
    logging.getLogger("distributed.batched").info("Batched Comm Closed")
    logging.getLogger("distributed.worker").error("Timed out")
"""


@pytest.mark.slow
def test_dask_says_nothing_of_connections_that_close_behind_the_pool(tmp_path):
    (tmp_path / "says_more.py").write_text(SAYS_MORE)
    ended = subprocess.run([sys.executable, tmp_path / "says_more.py"], capture_output=True, text=True, check=True)
    assert ended.stderr == ""
