"""How much faster a sketch is fitted than the full array, how far the estimates differ, and one pass over 62 M weights.

For several numbers of errors of known distributions this fits the five continuous families by scipy on the full array
and from a sketch, and prints seconds, their ratio, and the largest relative difference of scale and shape. A fit from a
sketch includes the sketch itself. Then a state as large as AlexNet's is studied in one pass.

Run with: python benchmarks/noise_fits.py
"""

import resource
from time import perf_counter

import numpy as np
import torch

from analysis.methods.noise.distribution import Distribution
from analysis.methods.noise.distributions import GeneralisedNormal, Laplace, Normal, StudentT, Uniform
from analysis.methods.noise.families import FAMILIES
from analysis.methods.noise.sketch import sketch_errors
from analysis.studies.noise.checkpoint_study import study_checkpoint
from fedsz_privacy.core.state import nbytes
from fedsz_privacy.defences.parsing import parse_release

SIZES = (300_000, 3_000_000)
SOURCES = (
    Laplace(0.0, 0.3),
    GeneralisedNormal(0.0, 0.5, 1.5),
    StudentT(0.0, 0.2, 5.0),
)
FITTED = (Uniform, Laplace, Normal, GeneralisedNormal, StudentT)
ALEXNET = {
    "features.0.weight": (64, 3, 11, 11),
    "features.3.weight": (192, 64, 5, 5),
    "features.6.weight": (384, 192, 3, 3),
    "features.8.weight": (256, 384, 3, 3),
    "features.10.weight": (256, 256, 3, 3),
    "classifier.1.weight": (4096, 9216),
    "classifier.4.weight": (4096, 4096),
    "classifier.6.weight": (1000, 4096),
}


def compare_fits(source: Distribution, size: int) -> None:
    """Print how long both ways take, and how far the source's own family comes out apart."""
    errors = source.draw(size, np.random.default_rng(0))
    start = perf_counter()
    full = {each.family: each.standard.fit(errors) for each in FITTED}
    between = perf_counter()
    sketch = sketch_errors(np.zeros_like(errors), errors, 1.0)
    distributions = {each.family: FAMILIES[each.family](sketch) for each in FITTED}
    end = perf_counter()
    distribution, (*shape, _, scale) = distributions[source.family], full[source.family]
    apart = [distribution.scale / scale - 1, *((distribution.shape or 0) / value - 1 for value in shape)]
    print(
        f"{size:>9,} errors of {source.family:<18}: scipy {between - start:7.2f} s, sketch {end - between:5.2f} s, "
        f"{(between - start) / (end - between):6.1f} times faster; scale and shape apart by {max(map(abs, apart)):.1e}"
    )


def whole_state() -> None:
    """Print time and memory of one pass over random weights of AlexNet's shapes."""
    rng = torch.Generator().manual_seed(0)
    state = {name: torch.randn(shape, generator=rng) / shape[-1] ** 0.5 for name, shape in ALEXNET.items()}
    before, start = _peak_bytes(), perf_counter()
    study_checkpoint(parse_release("fedsz:rel=1e-2"), state)
    largest = max(tensor.nbytes for tensor in state.values())
    print(
        f"{nbytes(state) / 4e6:.1f} M weights in one pass: {perf_counter() - start:.1f} s; the largest tensor takes "
        f"{largest / 1e6:.0f} MB, the pass {(_peak_bytes() - before) / 1e6:.0f} MB beyond the {before / 1e6:.0f} MB "
        "that held the state"
    )


def _peak_bytes() -> int:
    """Return the most memory that the process has held, in bytes; Linux counts it in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Run the pass first, so that its memory is not hidden by what the fits took."""
    whole_state()
    for size in SIZES:
        for source in SOURCES:
            compare_fits(source, size)


if __name__ == "__main__":
    main()
