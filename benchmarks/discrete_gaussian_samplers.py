"""OpenDP's certified discrete Gaussian beside the fast one, in turn, by the number of coordinates.

Run with: python benchmarks/discrete_gaussian_samplers.py
"""

from time import perf_counter

import numpy as np

from fedsz_privacy.core.words import SystemGenerator
from fedsz_privacy.defences.lattice import lattice_spacing
from fedsz_privacy.defences.mechanisms.gaussian import Sampler
from fedsz_privacy.defences.samplers.certified import add_certified
from fedsz_privacy.defences.samplers.histogram import add_discrete_gaussian

PAIRS = 7


def seconds(sampler: Sampler, count: int) -> float:
    """Return how long noise on so many coordinates takes, as in deployment, at noise multiplier 1."""
    points, sigma = np.zeros(count, dtype=np.int64), 1 / lattice_spacing(1, 1, count)
    start = perf_counter()
    sampler(points, sigma, SystemGenerator())
    return perf_counter() - start


if __name__ == "__main__":
    print("| coordinates | certified, us each | fast, us each | certified / fast (quartiles) |\n|---|---|---|---|")
    for count in (1_000, 10_000, 100_000):
        for sampler in (add_certified, add_discrete_gaussian):
            seconds(sampler, count)
        times = np.array(
            [[seconds(sampler, count) for sampler in (add_certified, add_discrete_gaussian)] for _ in range(PAIRS)]
        )
        low, middle, high = np.quantile(times[:, 0] / times[:, 1], [0.25, 0.5, 0.75])
        each = np.median(times, axis=0) / count * 1e6
        print(f"| {count:,} | {each[0]:.2f} | {each[1]:.3f} | {middle:.0f} ({low:.0f} to {high:.0f}) |", flush=True)
