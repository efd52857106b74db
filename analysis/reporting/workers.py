"""Who does the work: processes of this machine, or a Ray or Dask cluster, all through joblib."""

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from joblib import Parallel, cpu_count, parallel_config
from joblib.externals.loky.process_executor import TerminatedWorkerError

from fedsz_privacy.core.errors import InputError, unknown
from fedsz_privacy.core.optional import optional
from fedsz_privacy.core.ranges import COUNT, require_in

MOST_PER_CORE = 8
"""Most workers of this machine for each of its cores: more wait for one another, and each holds a model and PyTorch."""

LEAST_URGENT = logging.CRITICAL
"""What a cluster's package still logs: what ends a run is said in one line, whatever the package says of it."""


@dataclass(frozen=True)
class Workers:
    """How many work at once, and where.

    Parameters
    ----------
    count : int
        Processes that work at once; one is this process itself.
    backend : str
        A key of `BACKENDS`. ``ray`` and ``dask`` start a cluster on this machine unless ``RAY_ADDRESS`` or
        ``DASK_SCHEDULER_ADDRESS`` names another, whose machines must reach the folder of the run under the same path
        and import the same modules.

    Raises
    ------
    InputError
        If the count is below 1 or more than this machine carries, there is no such backend, or its package is not
        installed.
    """

    count: int = 1
    backend: str = "loky"

    def __post_init__(self) -> None:
        require_in(COUNT, self.count, "workers")
        if self.backend not in BACKENDS:
            raise unknown("backend", self.backend, tuple(BACKENDS), "leave it out for loky")
        if self.backend in PACKAGES:
            optional(PACKAGES[self.backend], self.backend)
        cores = cpu_count()
        if self.count > MOST_PER_CORE * cores and not os.environ.get(ADDRESSES.get(self.backend, "")):
            raise InputError(
                f"workers {self.count}: this machine has {cores} cores, choose {MOST_PER_CORE * cores} or less"
            )

    @contextmanager
    def pool(self) -> Iterator[Any]:
        """Start the workers, yield joblib's ``Parallel`` that hands them work, and let them go.

        Raises
        ------
        InputError
            If a worker is killed.
        """
        with BACKENDS[self.backend](self.count), parallel_config(self.backend, n_jobs=self.count), Parallel() as pool:
            yield pool


@contextmanager
def _loky(count: int) -> Iterator[None]:
    with _one_line_when_killed(count, TerminatedWorkerError):
        yield


@contextmanager
def _ray(count: int) -> Iterator[None]:
    ray = optional("ray", "ray")
    optional("ray.util.joblib", "ray").register_ray()
    starts = not ray.is_initialized()
    if starts:
        cores = None if "RAY_ADDRESS" in os.environ else count
        ray.init(num_cpus=cores, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    try:
        with _one_line_when_killed(count, ray.exceptions.ActorDiedError, ray.exceptions.OutOfMemoryError):
            yield
    finally:
        if starts:
            ray.shutdown()


@contextmanager
def _dask(count: int) -> Iterator[None]:
    """Dask itself starts a killed worker anew."""
    distributed = optional("distributed", "dask")
    _hush("distributed")
    if optional("dask", "dask").config.get("scheduler-address", None):
        client = distributed.Client()
    else:
        with _deaf_to_interrupts():
            client = distributed.Client(
                n_workers=count, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=LEAST_URGENT
            )
            client.register_worker_callbacks(_end_in_silence)
    with client:
        yield


def _end_in_silence() -> None:
    """Let a worker write nothing of what it cannot close as it ends: joblib opens a client in it and leaves it open."""
    complain = sys.unraisablehook

    def complain_of_others(complaint: "sys.UnraisableHookArgs") -> None:
        if not str(getattr(complaint.object, "__module__", "")).startswith("distributed."):
            complain(complaint)

    sys.unraisablehook = complain_of_others


def _hush(package: str) -> None:
    """Let a package log nothing less urgent than `LEAST_URGENT`, also while its connections close behind a pool."""
    for handler in logging.getLogger(package).handlers:
        handler.setLevel(LEAST_URGENT)


@contextmanager
def _one_line_when_killed(count: int, *killed: type[Exception]) -> Iterator[None]:
    try:
        yield
    except killed as error:
        raise InputError(
            f"one of {count} workers was killed, most likely out of memory: choose fewer workers; the same command "
            "goes on from here"
        ) from error


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Let processes that start here ignore Ctrl-C: the one that started them hears it, and ends them."""
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, heard)


BACKENDS: Mapping[str, Callable[[int], AbstractContextManager[None]]] = MappingProxyType(
    {"loky": _loky, "ray": _ray, "dask": _dask}
)
"""What must be there before joblib can use each backend, by its name."""

ADDRESSES: Mapping[str, str] = MappingProxyType({"ray": "RAY_ADDRESS", "dask": "DASK_SCHEDULER_ADDRESS"})
"""What names the machines of a backend where they are not this one."""

PACKAGES: Mapping[str, str] = MappingProxyType({"ray": "ray", "dask": "distributed"})
"""The package of each backend that only an extra brings."""

ONE_WORKER = Workers()
"""This process itself does the work."""
