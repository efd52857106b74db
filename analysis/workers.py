"""Who does the work: processes of this machine, or a Ray or Dask cluster, all through joblib."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from joblib import Parallel, parallel_config

from fedsz_privacy.errors import require_at_least, unknown
from fedsz_privacy.optional import optional


@dataclass(frozen=True)
class Workers:
    """How many work at once, and where.

    Parameters
    ----------
    count : int
        Processes that work at once; one is this process itself.
    backend : str
        A key of `BACKENDS`. ``ray`` and ``dask`` start a cluster on this machine unless ``RAY_ADDRESS`` or
        ``DASK_SCHEDULER_ADDRESS`` names another, whose machines must reach the folder of the run under the same path.

    Raises
    ------
    InputError
        If the count is below 1, or there is no such backend.
    """

    count: int = 1
    backend: str = "loky"

    def __post_init__(self) -> None:
        require_at_least(self, count=1)
        if self.backend not in BACKENDS:
            raise unknown("backend", self.backend, tuple(BACKENDS), "leave it out for loky")

    @contextmanager
    def pool(self) -> Iterator[Any]:
        """Start the workers, yield joblib's ``Parallel`` that hands them work, and stop them."""
        with BACKENDS[self.backend](self.count), parallel_config(self.backend, n_jobs=self.count), Parallel() as pool:
            yield pool


def _ray(_: int) -> AbstractContextManager[object]:
    optional("ray.util.joblib", "ray").register_ray()
    return nullcontext()


def _dask(count: int) -> AbstractContextManager[object]:
    client: AbstractContextManager[object] = optional("distributed", "dask").Client(
        n_workers=count, threads_per_worker=1, dashboard_address=None
    )
    return client


BACKENDS: Mapping[str, Callable[[int], AbstractContextManager[object]]] = MappingProxyType(
    {"loky": lambda _: nullcontext(), "ray": _ray, "dask": _dask}
)
"""What must be there before joblib can use each backend, by its name."""
