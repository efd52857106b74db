"""One compressor measured: ratio, rate, error, and distance from the entropy of the quantised values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from scipy.stats import entropy
from torch import Tensor

from fedsz_privacy.codec.arrays import to_array
from fedsz_privacy.codec.bounds import ErrorBound
from fedsz_privacy.codec.budget import UNLIMITED
from fedsz_privacy.codec.compressors import get_compressor
from fedsz_privacy.codec.frame import unpack
from fedsz_privacy.codec.pipeline import FedSZ
from fedsz_privacy.core.magnitude import range_over_deviation
from fedsz_privacy.core.state import StateDict, nbytes

OUTLIER_DEVIATIONS = 50
"""A range of more standard deviations than this makes a REL bound an outlier's."""


@dataclass(frozen=True)
class RepeatedRate:
    """A rate that was measured several times: the median, the least and the greatest."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class BenchRow:
    """One compressor at one bound on one state.

    Attributes
    ----------
    checkpoint, compressor : str
        What was compressed, and with what.
    rel : float
        REL bound.
    chosen, exact : int
        Number of tensors that the pipeline chose to compress lossily, and how many of them it kept exactly: constant
        ones, and those whose bound is below what their own dtype resolves.
    ratio : float
        Original over compressed bytes, of the whole state with its frame.
    lossy_ratio : float or None
        The same of the lossy tensors' streams alone; None where all are kept exactly.
    compress, decompress : RepeatedRate
        Rates of the whole pipeline over repeats, in MB/s (1e6 bytes of the original state).
    peak_error : float or None
        Largest error over bound of any element; at most 1 if the compressor keeps its word. None as before.
    entropy_excess : float or None
        Bytes of the lossy streams over the order-0 entropy of the quantised values, minus 1; None as before, and where
        all values of a tensor have one code, so that their entropy is 0.
    """

    checkpoint: str
    compressor: str
    rel: float
    chosen: int
    exact: int
    ratio: float
    lossy_ratio: float | None
    compress: RepeatedRate
    decompress: RepeatedRate
    peak_error: float | None
    entropy_excess: float | None


def order0_bytes(state: StateDict, bounds: Mapping[str, float]) -> float:
    """Return the order-0 entropy of all tensors' codes rint(x / (2 bound)), each tensor with its own code, in bytes."""
    return sum(_entropy_bytes(to_array(state[name]), bound) for name, bound in bounds.items())


def outlier_tensors(state: StateDict, bounds: Mapping[str, float]) -> dict[str, float]:
    """Return the tensors whose range exceeds `OUTLIER_DEVIATIONS` standard deviations, with that multiple."""
    arrays = {name: to_array(state[name]) for name in bounds}
    ranges = {name: range_over_deviation(array[np.isfinite(array)]) for name, array in arrays.items()}
    return {name: deviations for name, deviations in ranges.items() if deviations > OUTLIER_DEVIATIONS}


def tensors_without_numbers(state: StateDict) -> tuple[str, ...]:
    """Return the names of the float tensors that hold elements, and no finite one."""
    floats = {name: tensor for name, tensor in state.items() if tensor.is_floating_point() and tensor.numel()}
    return tuple(name for name, tensor in floats.items() if not tensor.isfinite().any())


def chosen_tensors(state: StateDict) -> tuple[str, ...]:
    """Return the names of the tensors that are lossy if their bounds leave them room."""
    return tuple(FedSZ(ErrorBound.abs(1)).bounds(state))


def measure(name: str, state: StateDict, compressor: str, rel: float, repeats: int) -> BenchRow:
    """Measure one compressor, by a name of `get_compressor`, at one REL bound on one state called ``name``."""
    fedsz = FedSZ(ErrorBound.rel(rel), compressor=get_compressor(compressor), max_bytes=UNLIMITED)
    frame, bounds = fedsz.encode_with_bounds(state)
    decoded, (header, _) = fedsz.decode(frame), unpack(frame)
    lossy = {entry.name: bounds[entry.name] for entry in header.entries if entry.stream_size}
    stream_bytes, entropy_bytes = sum(entry.stream_size for entry in header.entries), order0_bytes(state, lossy)
    chosen = len(chosen_tensors(state))
    return BenchRow(
        checkpoint=name,
        compressor=compressor,
        rel=rel,
        chosen=chosen,
        exact=chosen - len(lossy),
        ratio=nbytes(state) / len(frame),
        lossy_ratio=sum(state[key].nbytes for key in lossy) / stream_bytes if lossy else None,
        compress=_rate(lambda: fedsz.encode(state), nbytes(state), repeats),
        decompress=_rate(lambda: fedsz.decode(frame), nbytes(state), repeats),
        peak_error=max((_peak_error(state[key], decoded[key]) / bound for key, bound in lossy.items()), default=None),
        entropy_excess=stream_bytes / entropy_bytes - 1 if entropy_bytes else None,
    )


def _rate(work: Callable[[], object], size: int, repeats: int) -> RepeatedRate:
    """Return the rate of some work on so many bytes, in MB/s."""
    rates = []
    for _ in range(repeats):
        start = perf_counter()
        work()
        rates.append(size / 1e6 / (perf_counter() - start))
    return RepeatedRate(float(np.median(rates)), min(rates), max(rates))


def _peak_error(original: Tensor, decoded: Tensor) -> float:
    error = (decoded.double() - original.double()).abs()
    return float(error[original.isfinite()].max())


def _entropy_bytes(array: NDArray[np.floating], bound: float) -> float:
    codes = np.rint(array[np.isfinite(array)].astype(np.float64) / bound / 2)
    _, counts = np.unique(codes, return_counts=True)
    return float(codes.size * entropy(counts, base=2) / 8)
