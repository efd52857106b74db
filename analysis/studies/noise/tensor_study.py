"""The noise of one tensor under one release: its fit, what the data decides of it, and its neighbours."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from analysis.methods.curves.deciding import Comparison, compare
from analysis.methods.noise.detectors import Detection, minus_the_data, outlier_dominated
from analysis.methods.noise.noise_fit import NoiseFit
from analysis.methods.noise.p_values import monte_carlo_p_values
from analysis.methods.noise.residuals import BoundSource, decided_by_all, fit_on_bound, measure_errors, settle_bound
from analysis.methods.noise.sketch import LEAST_ELEMENTS
from fedsz_privacy.codec.arrays import to_array
from fedsz_privacy.codec.lossy import without_lossy_warnings
from fedsz_privacy.core.magnitude import magnitude_of
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.defences.release import Release, Released, release_copy

SHARES = (1e-6, 1e-4, 1e-2)
"""Sizes of the differences tried, as shares of each tensor's L2 norm."""

ADJACENCY = "a difference in a random direction, its L2 norm a fixed share of each tensor's; it stands for no record"

SHOWN = 4000

FIRST: tuple[int, ...] = ()
AGAIN = (1,)
"""Streams of randomness within a piece's: that of its release and its neighbours', and that of its second release."""

Bound = tuple[float, BoundSource]
"""A tensor's bound, and where it comes from."""


@dataclass(frozen=True)
class TensorStudy:
    """What a release does to one tensor.

    Attributes
    ----------
    bound : float
        Absolute error bound, in the tensor's own unit.
    bound_is : BoundSource
        Reported by the release, or observed: the largest error seen.
    fit : NoiseFit
        The fit, on error over bound.
    decided : float
        R2(e|all values), the share of the error that all values released together decide, as `decided_by_all`
        measures it.
    detections : tuple of Detection
        What the detectors say.
    p_values : mapping of str to float
        As `monte_carlo_p_values` gives them.
    comparisons : tuple of Comparison
        The tensor against its neighbour at each of `SHARES`.
    sample : float64 array, shape (2, up to SHOWN)
        Values and errors of some evenly spread elements, over the bound.
    """

    bound: float
    bound_is: BoundSource
    fit: NoiseFit
    decided: float
    detections: tuple[Detection, ...]
    p_values: Mapping[str, float]
    comparisons: tuple[Comparison, ...]
    sample: NDArray[np.float64]

    def to_dict(self) -> dict[str, object]:
        """Return the study as plain values."""
        return {
            "bound": self.bound,
            "bound_is": self.bound_is,
            **self.fit.to_dict(),
            "r_squared_of_all_values": self.decided,
            "findings": [asdict(detection) for detection in self.detections],
            "p_values_on_a_subsample": dict(self.p_values),
        }


def study_tensors(release: Release, state: StateDict, seed: int) -> Iterator[tuple[str, TensorStudy | None]]:
    """Yield every tensor's study in turn, None for one that comes back exactly or is too small to fit.

    What a release did is read off its output. No more is held than the tensors that pass the release together: one, if
    the release is a codec.
    """
    for number, (names, piece) in enumerate(_pieces(release, state)):
        large = [name for name in names if piece[name].is_floating_point() and piece[name].numel() >= LEAST_ELEMENTS]
        if not large:
            yield from ((name, None) for name in names)
            continue
        released, again = (_apply(release, piece, seed, number, stream) for stream in (FIRST, AGAIN))
        bounds = _bounds(piece, released, large)
        shares = SHARES if bounds else ()
        compared = [_compare(release, piece, released, bounds, share, seed, number) for share in shares]
        for name in names:
            comparisons = [each[name] for each in compared if name in each]
            outcomes = (released.update[name], again.update[name])
            yield name, _study(piece[name], outcomes, bounds.get(name), comparisons, seed)


def _pieces(release: Release, state: StateDict) -> Iterator[tuple[list[str], StateDict]]:
    """Yield the names of tensors that pass a release together, and the state that holds them.

    A codec takes one tensor at a time, the others emptied: it sees their names, by which it may choose what is lossy.
    """
    if not release.tensor_by_tensor:
        yield list(state), state
        return
    emptied = {name: tensor.new_empty(0) for name, tensor in state.items()}
    for name, tensor in state.items():
        yield [name], emptied | {name: tensor}


def _apply(release: Release, piece: StateDict, seed: int, number: int, stream: tuple[int, ...] = FIRST) -> Released:
    with without_lossy_warnings():
        return release_copy(release, piece, generator(seed, Purpose.RELEASE, number, *stream))


def _bounds(piece: StateDict, released: Released, names: Sequence[str]) -> dict[str, Bound]:
    """Return the bound of each tensor that changed and can be fitted, and where it comes from."""
    found = {}
    for name in names:
        original, decoded = to_array(piece[name]).ravel(), to_array(released.update[name]).ravel()
        count, largest = measure_errors(original, decoded)
        if count >= LEAST_ELEMENTS and largest > 0:
            found[name] = settle_bound(released.bounds.get(name), largest)
    return found


def _compare(
    release: Release,
    piece: StateDict,
    released: Released,
    bounds: Mapping[str, Bound],
    share: float,
    seed: int,
    number: int,
) -> dict[str, Comparison]:
    """Move tensors in random directions by a share of each one's norm, and compare what the release makes of both.

    A neighbour has the dtype of its tensor, so rounding may absorb a part of the difference, or all of it.
    """
    rng = torch.Generator().manual_seed(int(generator(seed, Purpose.NEIGHBOUR, number).integers(2**63)))
    neighbour = {name: _moved(t, share, rng) if t.is_floating_point() else t for name, t in piece.items()}
    decoded = _apply(release, neighbour, seed, number).update
    return {
        name: compare(
            to_array(neighbour[name] - piece[name]).ravel(),
            to_array(released.update[name]).ravel(),
            to_array(decoded[name]).ravel(),
            bound,
        )
        for name, (bound, _) in bounds.items()
    }


def _moved(tensor: Tensor, share: float, rng: torch.Generator) -> Tensor:
    """Return a tensor moved in 64 bits, by a share of the norm of its finite elements, and rounded to its dtype."""
    direction = torch.randn(tensor.shape, generator=rng, dtype=torch.float32).double()
    before, unit = tensor.detach().cpu().double(), magnitude_of([tensor])
    size = share * float(torch.linalg.vector_norm((before / unit).nan_to_num(0, 0, 0)))
    direction *= size / max(float(direction.norm()), 1e-30)
    most = torch.finfo(tensor.dtype).max
    after = torch.where(before.isfinite(), (before / unit + direction) * unit, before)
    return torch.where(before.isfinite(), after.clamp(-most, most), before).to(tensor)


def _study(
    tensor: Tensor,
    outcomes: tuple[Tensor, Tensor],
    settled: Bound | None,
    comparisons: Sequence[Comparison],
    seed: int,
) -> TensorStudy | None:
    """Return the study of a tensor that was released twice, with randomness of its own each time."""
    if settled is None:
        return None
    bound, bound_is = settled
    original, after = to_array(tensor).ravel(), to_array(outcomes[0]).ravel()
    fit = fit_on_bound(original, after, bound, bound_is, seed)
    sample = np.stack(_sample(original, after, bound))
    return TensorStudy(
        bound=bound,
        bound_is=bound_is,
        fit=fit,
        decided=decided_by_all(tensor, *outcomes),
        detections=(minus_the_data(fit.dependence), outlier_dominated(original)),
        p_values=monte_carlo_p_values(sample[1], seed),
        comparisons=tuple(comparisons),
        sample=sample,
    )


def _sample(
    original: NDArray[np.floating], decoded: NDArray[np.floating], bound: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    chosen = slice(None, None, -(-original.size // SHOWN))
    x = original[chosen].astype(np.float64) / bound
    with np.errstate(invalid="ignore"):
        error = decoded[chosen].astype(np.float64) / bound - x
    return x[np.isfinite(error)], error[np.isfinite(error)]
