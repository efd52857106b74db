"""How often the family that made the errors is named best, by the BIC and by held-out likelihood.

Five families in five sizes, 20 samples each, their unit no bound; and two bounded ones, their bound known.

Run with: python benchmarks/best_family.py
"""

import numpy as np

from analysis.methods.noise.distribution import Distribution
from analysis.methods.noise.distributions import (
    GeneralisedNormal,
    Laplace,
    Normal,
    StudentT,
    TruncatedNormal,
    Uniform,
    ZeroInflated,
)
from analysis.methods.noise.noise_fit import NoiseFit, fit_in_unit

SIZES = (300, 1000, 3000, 10_000, 100_000)
SAMPLES = 20
SOURCES = (
    Uniform(-5.0, 10.0),
    Laplace(0.0, 3.0),
    Normal(0.0, 3.0),
    GeneralisedNormal(0.0, 3.0, 4.0),
    StudentT(0.0, 3.0, 4.0),
)
BOUNDED = (Uniform(-1.0, 2.0), TruncatedNormal(0.0, 0.6, 1 / 0.6))
NEGLIGIBLE = 1e-4


def by_held_out(fit: NoiseFit) -> str:
    """Return the family of fewest parameters within a fixed margin of the greatest held-out log-likelihood."""
    contenders = [each for each in fit.fits if not isinstance(each.distribution, ZeroInflated)]
    most = max(each.held_out for each in contenders)
    near = [each for each in contenders if each.held_out > most - NEGLIGIBLE]
    return min(near, key=lambda each: each.distribution.parameters).family


def named_right(source: Distribution, size: int) -> str:
    """Return how many samples of a source are named right, by the BIC and by held-out likelihood."""
    right = [0, 0]
    for sample in range(SAMPLES):
        errors = source.draw(size, np.random.default_rng([size, sample]))
        fit = fit_in_unit(np.zeros(size), errors, 1.0)
        right[0] += fit.best.family == source.family
        right[1] += by_held_out(fit) == source.family
    return f"{right[0]} / {right[1]}"


def main() -> None:
    """Print the table, right of `SAMPLES` by the BIC / by held-out likelihood."""
    print(f"| errors of | {' | '.join(f'n = {size:,}' for size in SIZES)} |")
    print("|---" * (1 + len(SIZES)) + "|")
    for bound, sources in (("", SOURCES), (" on a known bound", BOUNDED)):
        for source in sources:
            cells = [named_right(source, size) for size in SIZES]
            print(f"| {source.family}{bound} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
