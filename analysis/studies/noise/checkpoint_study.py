"""The noise of one release on a whole checkpoint: per tensor, pooled raw, and pooled on error over bound."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from operator import add

import numpy as np

from analysis.methods.curves.deciding import Comparison, Decision, decide
from analysis.methods.curves.privacy_curves import AsIf, as_if, fitted_scales
from analysis.methods.guarantee import Guarantee, guarantee
from analysis.methods.noise.dependence import Dependence, mean_dependence
from analysis.methods.noise.detectors import Bounds, Detection, scale_mixture
from analysis.methods.noise.families import normal
from analysis.methods.noise.fits import finite
from analysis.methods.noise.noise_fit import NoiseFit, fit_sketch
from analysis.methods.noise.residuals import BoundSource, source_of_all
from analysis.methods.noise.sketch import Sketch
from analysis.reporting.progress import Progress, silent
from analysis.studies.noise.scopes import POOLED, Scope
from analysis.studies.noise.tensor_study import SHARES, TensorStudy, study_tensors
from analysis.studies.noise.unstudied import Reason, find_unstudied
from analysis.studies.spec import DELTA
from fedsz_privacy.core.magnitude import magnitude
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.defences.release import Release

SMOOTH = ("laplace", "normal", "generalised normal", "student t")
"""Distributions whose density does not jump, so that their Fisher information can be finite."""


@dataclass(frozen=True)
class CheckpointStudy:
    """What a release's error on a checkpoint looks like, and what it hides.

    Attributes
    ----------
    release : str
        The release.
    tensors : mapping of str to TensorStudy
        The lossy tensors.
    unstudied : mapping of str to Reason
        All other float tensors, and why no error of theirs can be studied.
    exact : int
        Number of elements that come back exactly, or in tensors too small to study.
    raw : NoiseFit
        All errors together, in units of their standard deviation.
    normalised : NoiseFit
        All errors together, each over its own tensor's bound.
    mixture : Detection
        Whether uniform distributions of the tensors' bounds explain the raw errors.
    guarantee : Guarantee
        What is proved of the release.
    as_if : mapping of float to AsIf
        Matched-noise figures for a difference of each of `SHARES`: descriptions.
    gaussian_limits : mapping of float to mapping of str to float
        For each of `SHARES`, mu of the Gaussian mechanism that independent noise of each of `SMOOTH` distributions
        comes close to when a difference is spread over many coordinates: descriptions too.
    decisions : mapping of float to Decision
        Whether neighbours at each of `SHARES` decode alike.
    """

    release: str
    tensors: Mapping[str, TensorStudy]
    unstudied: Mapping[str, Reason]
    exact: int
    raw: NoiseFit
    normalised: NoiseFit
    mixture: Detection
    guarantee: Guarantee
    as_if: Mapping[float, AsIf]
    gaussian_limits: Mapping[float, Mapping[str, float]]
    decisions: Mapping[float, Decision]

    @property
    def widths(self) -> Bounds:
        """The bound of each tensor, in the unit of ``raw``, and its number of elements."""
        widest = max(each.fit.sketch.limit * each.bound for each in self.tensors.values())
        return [(each.bound / widest * self.raw.sketch.limit, each.fit.elements) for each in self.tensors.values()]

    @property
    def moved(self) -> dict[float, int]:
        """Number of elements that a difference of each of `SHARES` changes; rounding to a dtype absorbs some or all."""
        return {
            share: sum(each.comparisons[number].moved for each in self.tensors.values())
            for number, share in enumerate(SHARES)
        }

    @property
    def absorbed(self) -> list[float]:
        """Those of `SHARES` of which rounding leaves less than half of the elements moved."""
        elements = sum(each.comparisons[0].coordinates for each in self.tensors.values())
        return [share for share, moved in self.moved.items() if moved < elements / 2]

    @property
    def bounds_are(self) -> BoundSource:
        """Whether the release reported every tensor's bound, or some are the largest errors seen."""
        return source_of_all(each.bound_is for each in self.tensors.values())

    @property
    def largest(self) -> str:
        """Name of the tensor of most elements."""
        return max(self.tensors, key=lambda name: self.tensors[name].fit.elements)

    @property
    def decided(self) -> float:
        """R2(e|all values), the share of the error that all values together decide: the mean over tensors."""
        tensors = self.tensors.values()
        weights = [each.fit.elements for each in tensors]
        return float(np.average([each.decided for each in tensors], weights=weights))

    @property
    def pooled(self) -> tuple[Scope, Scope]:
        """All tensors' errors, raw and each over its own tensor's bound."""
        return (
            Scope(None, self.raw, self.decided, "standard deviation", f"{POOLED}, raw"),
            Scope(None, self.normalised, self.decided, f"{self.bounds_are} bound", f"{POOLED}, over bound"),
        )

    @property
    def of_tensors(self) -> dict[str, Scope]:
        """Each tensor's errors, over its bound."""
        return {
            name: Scope(name, each.fit, each.decided, f"{each.bound_is} bound") for name, each in self.tensors.items()
        }

    def to_dict(self) -> dict[str, object]:
        """Return the study as plain values."""
        return {
            "release": self.release,
            "guarantee": self.guarantee.to_dict(),
            "as_if": {
                f"{share:g}": {name: finite(value) for name, value in asdict(each).items()}
                for share, each in self.as_if.items()
            },
            "elements_moved": {f"{share:g}": each for share, each in self.moved.items()},
            "as_if_gaussian_limits": {
                f"{share:g}": {family: finite(mu) for family, mu in each.items()}
                for share, each in self.gaussian_limits.items()
            },
            "deciding": {f"{share:g}": asdict(each) for share, each in self.decisions.items()},
            "exact_elements": self.exact,
            "unstudied": dict(self.unstudied),
            "bounds_are": self.bounds_are,
            "mixture": asdict(self.mixture),
            "r_squared_of_all_values": self.decided,
            "pooled_raw": self.raw.to_dict(),
            "pooled_on_bound": self.normalised.to_dict(),
            "tensors": {name: each.to_dict() for name, each in self.tensors.items()},
        }


def study_checkpoint(
    release: Release, state: StateDict, seed: int = 0, delta: float = DELTA, progress: Progress = silent
) -> CheckpointStudy | None:
    """Study a release on a state or an update, in one pass; None if it changes no tensor of it that can be studied."""
    every = progress(study_tensors(release, state, seed), description=release.name, total=len(state))
    tensors = {name: study for name, study in every if study}
    if not tensors:
        return None
    unit = magnitude(np.array([each.bound for each in tensors.values()]))
    raw = pooled_sketch([(each.fit.sketch, each.bound / unit) for each in tensors.values()])
    deviation = normal(raw).scale
    found = mean_dependence(
        [each.fit.dependence for each in tensors.values()], [each.fit.elements for each in tensors.values()]
    )
    widths = [(each.bound / unit, each.fit.elements) for each in tensors.values()]
    return CheckpointStudy(
        release=release.name,
        tensors=tensors,
        unstudied=find_unstudied(state, tensors),
        exact=sum(tensor.numel() for name, tensor in state.items() if name not in tensors),
        raw=fit_sketch(raw.scaled(1 / deviation, raw.limit / deviation), found, seed).without_bound(),
        normalised=_fit_on_bounds(tensors, found, seed),
        mixture=scale_mixture(raw, widths),
        guarantee=guarantee(release, delta),
        as_if={share: _as_if(tensors, number, delta) for number, share in enumerate(SHARES)},
        gaussian_limits={share: _gaussian_limits(tensors, number) for number, share in enumerate(SHARES)},
        decisions={share: _decide(tensors, number) for number, share in enumerate(SHARES)},
    )


def pooled_sketch(parts: Sequence[tuple[Sketch, float]]) -> Sketch:
    """Return the sketch of several samples together, each times a factor of its own."""
    limit = max(sketch.limit * factor for sketch, factor in parts)
    return reduce(add, (sketch.scaled(factor, limit) for sketch, factor in parts))


def _fit_on_bounds(tensors: Mapping[str, TensorStudy], found: Dependence, seed: int) -> NoiseFit:
    """Fit all errors together, each over its own tensor's bound; one observed bound, and the unit is no known one."""
    fit = fit_sketch(pooled_sketch([(each.fit.sketch, 1.0) for each in tensors.values()]), found, seed)
    source = source_of_all(each.bound_is for each in tensors.values())
    return fit if source is BoundSource.REPORTED else fit.without_bound()


def _as_if(tensors: Mapping[str, TensorStudy], number: int, delta: float) -> AsIf:
    compared = {name: each.comparisons[number] for name, each in tensors.items()}
    scales = {name: fitted_scales(each.fit, each.bound) for name, each in tensors.items()}
    return as_if([compared], [scales], delta)


def _gaussian_limits(tensors: Mapping[str, TensorStudy], number: int) -> dict[str, float]:
    """Return the root of the sum over tensors of Fisher information times squared difference, for each distribution."""
    return {
        family: math.hypot(
            *(
                math.sqrt(each.fit.of(family).distribution.fisher_information)
                * (each.comparisons[number].l2 / each.bound)
                for each in tensors.values()
                if each.comparisons[number].moved
            )
        )
        for family in SMOOTH
    }


def _decide(tensors: Mapping[str, TensorStudy], number: int) -> Decision:
    return decide([sum((each.comparisons[number] for each in tensors.values()), Comparison())])
