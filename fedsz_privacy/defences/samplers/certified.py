"""The discrete Gaussian by OpenDP, whose sampler is exact in integers and proved so: for small updates."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from fedsz_privacy.core.optional import optional


def add_certified(values: NDArray[np.int64], sigma: float, _: Generator) -> NDArray[np.int64]:
    """Return integers with OpenDP's discrete Gaussian added to each (Canonne, Kamath and Steinke, arXiv 2004.00010).

    Its randomness is the operating system's, in experiments too: no seed repeats it. docs/mechanisms.md
    has how long it takes.

    Parameters
    ----------
    values : int64 array, shape (n,)
        Sums beyond 64 bits saturate.
    sigma : float
        Parameter of the noise.

    Raises
    ------
    InputError
        If OpenDP is not installed.
    """
    return np.array(_mechanism(sigma)(values.tolist()), dtype=np.int64)


@lru_cache(maxsize=8)
def _mechanism(sigma: float) -> Any:
    """Return OpenDP's Gaussian mechanism on vectors of integers, whose noise is discrete."""
    mod, domains, metrics, measurements = (
        optional(f"opendp.{each}", "opendp") for each in ("mod", "domains", "metrics", "measurements")
    )
    mod.enable_features("contrib")
    integers = domains.vector_domain(domains.atom_domain(T="i64"))
    return measurements.make_gaussian(integers, metrics.l2_distance(T="f64"), scale=sigma)
