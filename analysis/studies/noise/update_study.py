"""The noise of one release on real updates: per tensor on error over bound, and pooled over tensors."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from analysis.methods.curves.deciding import Comparison, Decision, compare, decide
from analysis.methods.curves.neighbours import NeighbourPair
from analysis.methods.curves.privacy_curves import AsIf, Scales, as_if, fitted_scales
from analysis.methods.noise.detectors import Finding, scale_mixture
from analysis.methods.noise.noise_fit import NoiseFit, fit_noise
from analysis.methods.noise.residuals import Residual, pool, residuals
from analysis.studies.spec import DELTA
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import StateDict, subtract
from fedsz_privacy.defences.release import Release, Released


@dataclass(frozen=True)
class NoiseStudy:
    """What a release's error looks like, seen two ways.

    A REL bound gives every tensor of every update its own scale. Pooled, the errors are a mixture of scales, which can
    look like a distribution that no tensor follows.

    Attributes
    ----------
    residuals : mapping of str to Residual
        The errors, per tensor.
    tensors : mapping of str to NoiseFit
        Each tensor's fit, on error over bound.
    pooled : NoiseFit
        The fit of all tensors' errors together, in units of their standard deviation.
    mixture : Finding
        Whether uniform distributions of the known bounds explain the pooled error.
    decision : Decision
        Whether neighbours decode alike: the deciding experiment.
    as_if : AsIf
        Matched-noise figures: a description.
    """

    residuals: Mapping[str, Residual]
    tensors: Mapping[str, NoiseFit]
    pooled: NoiseFit
    mixture: Finding
    decision: Decision
    as_if: AsIf

    def to_dict(self) -> dict[str, object]:
        """Return the fits as plain values."""
        untouched = {name: part.untouched for name, part in self.residuals.items()}
        tensors = {name: fit.to_dict() | {"untouched": untouched[name]} for name, fit in self.tensors.items()}
        return {
            "tensors": tensors,
            "pooled": self.pooled.to_dict(),
            "mixture": asdict(self.mixture),
            "deciding": asdict(self.decision),
        }


def study_noise(release: Release, pairs: Sequence[NeighbourPair], seed: int, delta: float = DELTA) -> NoiseStudy | None:
    """Study a release on some updates and their neighbours; None if it changes no tensor of them."""
    released = [_apply(release, pair.update, seed, number) for number, pair in enumerate(pairs)]
    parts = residuals([pair.update for pair in pairs], released)
    tensors = {name: fit_noise(part.original, part.decoded, part.bound) for name, part in parts.items()}
    if not tensors:
        return None
    everything = pool(list(parts.values()))
    deviation = float(everything.error.std())
    pooled = fit_noise(everything.original, everything.decoded, deviation)
    bounds, elements = np.unique(everything.bound / deviation, return_counts=True)
    neighbours = (
        _apply(release, subtract(pair.update, pair.difference), seed, number) for number, pair in enumerate(pairs)
    )
    compared = [_compare(*each, list(tensors)) for each in zip(pairs, released, neighbours, strict=True)]
    return NoiseStudy(
        residuals=parts,
        tensors=tensors,
        pooled=pooled,
        mixture=scale_mixture(pooled.sketch, list(zip(bounds.tolist(), elements.tolist(), strict=True))),
        decision=decide([sum(each.values(), Comparison()) for each in compared]),
        as_if=as_if(compared, [_scales(tensors, each) for each in released], delta),
    )


def _apply(release: Release, update: StateDict, seed: int, number: int) -> Released:
    """Release an update; neighbours of one pair meet the same randomness."""
    return release.apply(update, generator(seed, Purpose.NEIGHBOUR, number, 1))


def _compare(
    pair: NeighbourPair, released: Released, neighbour: Released, lossy: Sequence[str]
) -> dict[str, Comparison]:
    return {
        name: compare(
            pair.difference[name].flatten().numpy(),
            released.update[name].flatten().numpy(),
            neighbour.update[name].flatten().numpy(),
            released.bounds[name],
        )
        for name in lossy
    }


def _scales(tensors: Mapping[str, NoiseFit], released: Released) -> dict[str, Scales]:
    return {name: fitted_scales(fit, released.bounds[name]) for name, fit in tensors.items()}
