"""The noise of one tensor under one release: its fit, what the data decides of it, and its neighbours."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from analysis.methods.curves.deciding import Comparison, compare
from analysis.methods.noise.detectors import Finding, minus_the_data, outlier_dominated
from analysis.methods.noise.noise_fit import NoiseFit, fit_noise
from analysis.methods.noise.p_values import monte_carlo_p_values
from analysis.methods.noise.sketch import LEAST_ELEMENTS
from fedsz_privacy.codec.arrays import to_array
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.defences.release import Release, Released

SHARES = (1e-6, 1e-4, 1e-2)
"""Sizes of the differences tried, as shares of each tensor's L2 norm."""

ADJACENCY = "a difference in a random direction, its L2 norm a fixed share of each tensor's; it stands for no record"

CODECS = ("none", "fedsz")
"""Kinds of release that treat every tensor on its own, so that a state can pass them tensor by tensor."""

SHOWN = 4000


@dataclass(frozen=True)
class TensorStudy:
    """What a release does to one tensor.

    Attributes
    ----------
    bound : float
        Absolute error bound, in the tensor's own unit.
    fit : NoiseFit
        The fit, on error over bound.
    findings : tuple of Finding
        What the detectors say.
    p_values : mapping of str to float
        As `monte_carlo_p_values` gives them.
    comparisons : tuple of Comparison
        The tensor against its neighbour at each of `SHARES`.
    sample : float64 array, shape (2, up to SHOWN)
        Values and errors of some evenly spread elements, over the bound.
    """

    bound: float
    fit: NoiseFit
    findings: tuple[Finding, ...]
    p_values: Mapping[str, float]
    comparisons: tuple[Comparison, ...]
    sample: NDArray[np.float64]

    def to_dict(self) -> dict[str, object]:
        """Return the study as plain values."""
        return {
            "bound": self.bound,
            **self.fit.to_dict(),
            "findings": [asdict(finding) for finding in self.findings],
            "p_values_on_a_subsample": dict(self.p_values),
        }


def study_tensors(release: Release, state: StateDict, seed: int) -> Iterator[tuple[str, TensorStudy | None]]:
    """Yield every tensor's study in turn, None for one that comes back exactly or is too small to fit.

    No more is held than the tensors that pass the release together: one, if the release is a codec.
    """
    for number, piece in enumerate(_pieces(release, state)):
        released = release.apply(piece, generator(seed, Purpose.RELEASE, number))
        studied = [name for name in released.bounds if _can_be_fitted(piece[name], released.update[name])]
        compared = [_compare(release, piece, released, share, seed, number) for share in SHARES] if studied else []
        for name, tensor in piece.items():
            yield (
                name,
                _study(tensor, released.update[name], released.bounds[name], [each[name] for each in compared], seed)
                if name in studied
                else None,
            )


def _pieces(release: Release, state: StateDict) -> list[StateDict]:
    codec = all(part.split(":")[0] in CODECS for part in release.name.split("+") if not part[:1].isdigit())
    return [{name: tensor} for name, tensor in state.items()] if codec else [state]


def _compare(
    release: Release, piece: StateDict, released: Released, share: float, seed: int, number: int
) -> dict[str, Comparison]:
    """Move tensors in random directions by a share of each one's norm, and compare what the release makes of both."""
    rng = torch.Generator().manual_seed(int(generator(seed, Purpose.NEIGHBOUR, number).integers(2**63)))
    neighbour = {name: _moved(t, share, rng) if t.is_floating_point() else t for name, t in piece.items()}
    decoded = release.apply(neighbour, generator(seed, Purpose.RELEASE, number)).update
    return {
        name: compare(
            to_array(neighbour[name] - piece[name]).ravel(),
            to_array(released.update[name]).ravel(),
            to_array(decoded[name]).ravel(),
            bound,
        )
        for name, bound in released.bounds.items()
    }


def _moved(tensor: Tensor, share: float, rng: torch.Generator) -> Tensor:
    direction = torch.randn(tensor.shape, generator=rng, dtype=torch.float32)
    size = share * float(torch.linalg.vector_norm(tensor.float().nan_to_num(0, 0, 0)))
    direction *= size / max(float(direction.norm()), 1e-30)
    return tensor + direction.to(tensor.dtype)


def _can_be_fitted(tensor: Tensor, decoded: Tensor) -> bool:
    return tensor.numel() >= LEAST_ELEMENTS and not torch.equal(tensor, decoded)


def _study(tensor: Tensor, decoded: Tensor, bound: float, comparisons: Sequence[Comparison], seed: int) -> TensorStudy:
    original, after = to_array(tensor).ravel(), to_array(decoded).ravel()
    fit = fit_noise(original, after, bound)
    sample = np.stack(_sample(original, after, bound))
    return TensorStudy(
        bound=bound,
        fit=fit,
        findings=(minus_the_data(fit.dependence), outlier_dominated(original)),
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
