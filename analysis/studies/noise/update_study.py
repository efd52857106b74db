"""The noise of one release on real updates: per tensor on error over bound, and pooled over tensors."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from analysis.methods.curves.deciding import Comparison, Decision, compare, decide
from analysis.methods.curves.neighbours import NeighbourPair
from analysis.methods.curves.privacy_curves import AsIf, Scales, as_if, fitted_scales
from analysis.methods.noise.dependence import mean_dependence
from analysis.methods.noise.detectors import Detection, scale_mixture
from analysis.methods.noise.noise_fit import NoiseFit, fit_sketch
from analysis.methods.noise.residuals import Residual, changes, decided_by_all, fit_residual, pool, residuals
from analysis.methods.noise.sketch import sketch_errors
from analysis.studies.noise.scopes import Scope
from analysis.studies.spec import DELTA
from fedsz_privacy.codec.arrays import to_array
from fedsz_privacy.codec.lossy import without_lossy_warnings
from fedsz_privacy.core.magnitude import deviation
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import StateDict, subtract
from fedsz_privacy.defences.release import Release, Released, release_copy

PAIR, AGAIN = 1, 2
"""Streams of randomness: that of both neighbours of a pair, and that of an update's second release."""

STUDIED_ELEMENTS = 2**24
"""Most elements of all updates whose errors are studied together; a large model is studied on fewer updates."""


@dataclass(frozen=True)
class NoiseStudy:
    """What a release's error looks like, seen two ways.

    A REL bound gives every tensor of every update its own scale. Pooled, the errors are a mixture of scales, which can
    look like a distribution that no tensor follows.

    Attributes
    ----------
    residuals : mapping of str to Residual
        The errors, per tensor. None has enough of them to fit where a model is tiny; all else is then empty or None.
    tensors : mapping of str to NoiseFit
        Each tensor's fit, on error over bound.
    pooled : NoiseFit or None
        The fit of all tensors' errors together, in units of their standard deviation; its dependence is the mean
        within a tensor.
    decided : mapping of str to float
        R2(e|all values), the share of the first update's error that the update as a whole decides, per tensor, as
        `decided_by_all` measures it.
    mixture : Detection or None
        Whether uniform distributions of the tensors' bounds explain the pooled error.
    decision : Decision or None
        Whether neighbours decode alike: the deciding experiment.
    as_if : AsIf or None
        Matched-noise figures: a description.
    """

    residuals: Mapping[str, Residual] = field(default_factory=dict)
    tensors: Mapping[str, NoiseFit] = field(default_factory=dict)
    pooled: NoiseFit | None = None
    decided: Mapping[str, float] = field(default_factory=dict)
    mixture: Detection | None = None
    decision: Decision | None = None
    as_if: AsIf | None = None

    @property
    def of_tensors(self) -> dict[str, Scope]:
        """Each tensor's errors."""
        return {
            name: Scope(name, fit, self.decided[name], f"{self.residuals[name].bound_is} bound")
            for name, fit in self.tensors.items()
        }

    @property
    def of_all(self) -> Scope | None:
        """The errors of all tensors together; what all values decide of them is the mean over tensors."""
        if self.pooled is None:
            return None
        weights = [self.tensors[name].elements for name in self.decided]
        return Scope(
            None, self.pooled, float(np.average(list(self.decided.values()), weights=weights)), "standard deviation"
        )

    @property
    def scopes(self) -> list[Scope]:
        """Each tensor's errors, and those of all of them; empty if nothing could be fitted."""
        return [*self.of_tensors.values(), self.of_all] if self.of_all else []

    def to_dict(self) -> dict[str, object]:
        """Return the fits as plain values."""
        beside = {
            name: {"untouched": part.untouched, "bound_is": part.bound_is} for name, part in self.residuals.items()
        }
        return {
            "tensors": {name: _plain(scope) | beside[name] for name, scope in self.of_tensors.items()},
            "pooled": _plain(self.of_all) if self.of_all else None,
            "mixture": asdict(self.mixture) if self.mixture else None,
            "deciding": asdict(self.decision) if self.decision else None,
        }


def _plain(scope: Scope) -> dict[str, object]:
    return scope.fit.to_dict() | {"r_squared_of_all_values": scope.decided}


def study_noise(release: Release, pairs: Sequence[NeighbourPair], seed: int, delta: float = DELTA) -> NoiseStudy | None:
    """Study a release on some updates and their neighbours; None if what comes out is what went in.

    What a release did is read off its output. Errors are measured in its bounds where it reports them, and in the
    largest error seen where it does not.
    """
    released = [_apply(release, pair.update, seed, number) for number, pair in enumerate(pairs)]
    again = _apply(release, pairs[0].update, seed, 0, AGAIN)
    found = study_errors([pair.update for pair in pairs], released, again, seed)
    if not found or not found.residuals:
        return found
    parts = found.residuals
    neighbours = (
        _apply(release, subtract(pair.update, pair.difference), seed, number) for number, pair in enumerate(pairs)
    )
    bound_of = [{name: part.bounds[number] for name, part in parts.items()} for number in range(len(pairs))]
    compared = [_compare(*each) for each in zip(pairs, released, neighbours, bound_of, strict=True)]
    return replace(
        found,
        decision=decide([sum(each.values(), Comparison()) for each in compared]),
        as_if=as_if(compared, [_scales(found.tensors, each) for each in bound_of], delta),
    )


def study_errors(
    updates: Sequence[StateDict], released: Sequence[Released], again: Released, seed: int
) -> NoiseStudy | None:
    """Study the errors of a release on some updates, without neighbours; None if what came out is what went in.

    ``again`` is the first update, released once more with randomness of its own.
    """
    if not any(changes(update, each.update) for update, each in zip(updates, released, strict=True)):
        return None
    parts = residuals(updates, released)
    if not parts:
        return NoiseStudy()
    tensors = {name: fit_residual(part, seed) for name, part in parts.items()}
    everything = pool(list(parts.values()))
    unit = deviation(everything.error[np.isfinite(everything.error)])
    found = mean_dependence([fit.dependence for fit in tensors.values()], [fit.elements for fit in tensors.values()])
    pooled = fit_sketch(sketch_errors(everything.original, everything.decoded, unit), found, seed).without_bound()
    bounds, elements = np.unique(everything.bound / unit, return_counts=True)
    mixture = scale_mixture(pooled.sketch, list(zip(bounds.tolist(), elements.tolist(), strict=True)))
    decided = {name: decided_by_all(updates[0][name], released[0].update[name], again.update[name]) for name in parts}
    return NoiseStudy(residuals=parts, tensors=tensors, pooled=pooled, decided=decided, mixture=mixture)


def _apply(release: Release, update: StateDict, seed: int, number: int, stream: int = PAIR) -> Released:
    """Release an update; neighbours of one pair meet the same randomness."""
    with without_lossy_warnings():
        return release_copy(release, update, generator(seed, Purpose.NEIGHBOUR, number, stream))


def _compare(
    pair: NeighbourPair, released: Released, neighbour: Released, bounds: Mapping[str, float]
) -> dict[str, Comparison]:
    return {
        name: compare(
            to_array(pair.difference[name]).ravel(),
            to_array(released.update[name]).ravel(),
            to_array(neighbour.update[name]).ravel(),
            bound,
        )
        for name, bound in bounds.items()
    }


def _scales(tensors: Mapping[str, NoiseFit], bounds: Mapping[str, float]) -> dict[str, Scales]:
    return {name: fitted_scales(fit, bounds[name]) for name, fit in tensors.items()}
