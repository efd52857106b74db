"""The error of one encode and decode, tensor by tensor: what came out against what went in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from analysis.methods.noise.dependence import MOST, Dependence, dependence, explained_by_all, mean_dependence
from analysis.methods.noise.noise_fit import NoiseFit, fit_in_unit
from analysis.methods.noise.sketch import LEAST_ELEMENTS
from fedsz_privacy.codec.arrays import to_array
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.defences.release import Released

CHUNK = 2**20
"""Elements that are read at once, to bound memory."""


class BoundSource(StrEnum):
    """Where a bound comes from: the release said it, or it is the largest error seen."""

    REPORTED = "reported"
    OBSERVED = "observed"


@dataclass(frozen=True)
class Residual:
    """What a release did to one tensor, over one or more updates.

    Elements that an update left at exactly 0, such as the weights of a dead input, and that come back as exactly 0 show
    no error at all and are left out.

    Attributes
    ----------
    elements : int
        Number of elements, those left out among them.
    original, decoded : float64 arrays, shape (elements that the update or the release changed,)
        Values before and after, in the update's own unit.
    bound : float64 array, same shape
        The absolute bound that held for each element's tensor in its update, in the same unit.
    bounds : tuple of float
        The bound in each update.
    changed : tuple of int
        Number of elements of each update in those arrays.
    bound_is : BoundSource
        Observed where the release reports none for a tensor that it changed.
    """

    elements: int
    original: NDArray[np.float64]
    decoded: NDArray[np.float64]
    bound: NDArray[np.float64]
    bounds: tuple[float, ...]
    changed: tuple[int, ...]
    bound_is: BoundSource

    @property
    def error(self) -> NDArray[np.float64]:
        """Decoded minus original."""
        return _error(self.original, self.decoded)

    @property
    def untouched(self) -> float:
        """Share of the elements that the updates left at 0."""
        return 1 - self.original.size / self.elements


def differs(before: Tensor, after: Tensor) -> bool:
    """Return whether any value of a tensor changed; NaN is equal to NaN."""
    return not np.array_equal(_values(before), _values(after), equal_nan=True)


def changes(before: StateDict, after: StateDict) -> bool:
    """Return whether what came out of a release differs anywhere from what went in."""
    return before.keys() != after.keys() or any(differs(tensor, after[name]) for name, tensor in before.items())


def settle_bound(reported: float | None, largest_error: float) -> tuple[float, BoundSource]:
    """Return a tensor's bound and where it comes from: as reported, or without a usable one the largest error seen."""
    if reported is not None and 0 < reported < inf:
        return reported, BoundSource.REPORTED
    return largest_error, BoundSource.OBSERVED


def source_of_all(sources: Iterable[BoundSource]) -> BoundSource:
    """Return where bounds come from that are used together: they are reported if each is."""
    return BoundSource.OBSERVED if BoundSource.OBSERVED in sources else BoundSource.REPORTED


def measure_errors(original: NDArray[np.floating], decoded: NDArray[np.floating]) -> tuple[int, float]:
    """Return the number of finite errors of two flat arrays, and the size of the largest; read in chunks."""
    count, largest = 0, 0.0
    for start in range(0, original.size, CHUNK):
        error = _error(original[start : start + CHUNK].astype(np.float64), decoded[start : start + CHUNK])
        finite = error[np.isfinite(error)]
        count, largest = count + finite.size, max(largest, float(np.abs(finite).max(initial=0)))
    return count, largest


def can_be_fitted(original: NDArray[np.floating], decoded: NDArray[np.floating]) -> bool:
    """Return whether two flat arrays have enough errors to fit a distribution to, not all of them 0."""
    count, largest = measure_errors(original, decoded)
    return count >= LEAST_ELEMENTS and largest > 0


def residuals(updates: Sequence[StateDict], released: Sequence[Released]) -> dict[str, Residual]:
    """Return the residual of each float tensor that came out changed of any update, in the order of the state.

    A tensor with too few errors to fit a distribution to is left out.
    """
    changed = [
        name
        for name, tensor in updates[0].items()
        if tensor.is_floating_point()
        and any(differs(update[name], each.update[name]) for update, each in zip(updates, released, strict=True))
    ]
    parts = {name: _residual(name, updates, released) for name in changed}
    return {name: part for name, part in parts.items() if can_be_fitted(part.original, part.decoded)}


def fit_on_bound(
    original: ArrayLike, decoded: ArrayLike, bound: ArrayLike, bound_is: BoundSource, seed: int
) -> NoiseFit:
    """Fit distributions to error over bound; an observed bound is no known one to compare the errors with."""
    fit = fit_in_unit(original, decoded, bound, seed)
    return fit if bound_is is BoundSource.REPORTED else fit.without_bound()


def fit_residual(part: Residual, seed: int) -> NoiseFit:
    """Fit distributions to a tensor's error over its bound, over all updates together.

    An observed bound does not bring the codes of several updates to one grid: dependence is then the mean within one.
    """
    fit = fit_on_bound(part.original, part.decoded, part.bound, part.bound_is, seed)
    if part.bound_is is BoundSource.REPORTED:
        return fit
    return replace(fit, dependence=_within_updates(part) or fit.dependence)


def _within_updates(part: Residual) -> Dependence | None:
    """Return the mean dependence of the updates in which there are enough errors; None if there are in none."""
    ends = np.cumsum(part.changed)[:-1]
    updates = zip(*(np.split(each, ends) for each in (part.original, part.decoded, part.bound)), strict=True)
    measured = [update for update in updates if can_be_fitted(*update[:2])]
    found = [dependence(*update) for update in measured]
    return mean_dependence(found, [update[0].size for update in measured]) if found else None


def decided_by_all(original: Tensor, decoded: Tensor, again: Tensor) -> float:
    """Return `explained_by_all` of a tensor that was released twice, measured on evenly spread elements."""
    x, *outcomes = (_flat(each)[:: -(-each.numel() // MOST)] for each in (original, decoded, again))
    errors = np.stack([_error(x, each) for each in outcomes])
    return explained_by_all(*errors[:, np.isfinite(errors).all(axis=0)])


def pool(parts: Sequence[Residual]) -> Residual:
    """Return the residuals of several tensors as one; its bounds are those of all of them."""
    return Residual(
        elements=sum(part.elements for part in parts),
        original=np.concatenate([part.original for part in parts]),
        decoded=np.concatenate([part.decoded for part in parts]),
        bound=np.concatenate([part.bound for part in parts]),
        bounds=tuple(bound for part in parts for bound in part.bounds),
        changed=tuple(count for part in parts for count in part.changed),
        bound_is=source_of_all(part.bound_is for part in parts),
    )


def _residual(name: str, updates: Sequence[StateDict], released: Sequence[Released]) -> Residual:
    before = [_flat(update[name]) for update in updates]
    after = [_flat(each.update[name]) for each in released]
    errors = [measure_errors(*pair)[1] for pair in zip(before, after, strict=True)]
    settled = [settle_bound(each.bounds.get(name), max(errors)) for each in released]
    sources = {source for (_, source), error in zip(settled, errors, strict=True) if error > 0}
    original, decoded = np.concatenate(before), np.concatenate(after)
    bounds = tuple(bound for bound, _ in settled)
    kept = (original != 0) | (decoded != 0)
    bound = np.repeat(bounds, before[0].size)
    changed = tuple(kept.reshape(len(updates), -1).sum(axis=1).tolist())
    return Residual(original.size, original[kept], decoded[kept], bound[kept], bounds, changed, source_of_all(sources))


def _error(original: NDArray[np.float64], decoded: NDArray[np.floating]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):  # infinite before and after is no number
        return np.asarray(decoded - original, np.float64)


def _flat(tensor: Tensor) -> NDArray[np.float64]:
    return to_array(tensor).astype(np.float64).ravel()


def _values(tensor: Tensor) -> NDArray[np.generic]:
    return to_array(tensor) if tensor.is_floating_point() else tensor.detach().cpu().numpy()
