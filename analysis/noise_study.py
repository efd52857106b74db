"""The noise of one release on real updates: per tensor on error over bound, and pooled over tensors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.neighbours import NeighbourPair
from analysis.noise import NoiseFit, fit_noise
from analysis.privacy_curves import AsIf, as_if
from analysis.residuals import Residual, pool, residuals
from fedsz_privacy.randomness import Purpose, generator
from fedsz_privacy.release import Release


@dataclass(frozen=True)
class NoiseStudy:
    """What a release's error looks like, seen two ways.

    A REL bound gives every tensor of every update its own scale. Pooled, the errors are a mixture of scales, which can
    look like a law that no tensor follows.

    Attributes
    ----------
    residuals : mapping of str to Residual
        The errors, per tensor.
    tensors : mapping of str to NoiseFit
        Each tensor's fit, on error over bound.
    pooled : NoiseFit
        The fit of all tensors' errors together, in units of their standard deviation.
    as_if : AsIf
        Matched-noise figures: a description.
    """

    residuals: Mapping[str, Residual]
    tensors: Mapping[str, NoiseFit]
    pooled: NoiseFit
    as_if: AsIf

    def to_dict(self) -> dict[str, object]:
        """Return the fits as plain values."""
        untouched = {name: part.untouched for name, part in self.residuals.items()}
        tensors = {name: fit.to_dict() | {"untouched": untouched[name]} for name, fit in self.tensors.items()}
        return {"tensors": tensors, "pooled": self.pooled.to_dict()}


def study_noise(release: Release, pairs: Sequence[NeighbourPair], seed: int) -> NoiseStudy | None:
    """Study a release on some updates; None if it changes no tensor of them."""
    updates = [pair.update for pair in pairs]
    generators = (generator(seed, Purpose.NEIGHBOUR, number, 1) for number in range(len(pairs)))
    released = [release.apply(update, rng) for update, rng in zip(updates, generators, strict=True)]
    parts = residuals(updates, released)
    if not parts:
        return None
    tensors = {name: fit_noise(part.original, part.decoded, part.bound) for name, part in parts.items()}
    everything = pool(list(parts.values()))
    pooled = fit_noise(everything.original, everything.decoded, everything.error.std())
    return NoiseStudy(parts, tensors, pooled, as_if(pairs, released, tensors))
