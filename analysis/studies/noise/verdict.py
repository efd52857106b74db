"""The verdict of a noise study in five lines, guaranteed, as if and measured apart."""

import math

import numpy as np

from analysis.methods.noise.residuals import BoundSource
from analysis.reporting.numbers import as_upper_bound, count, percent, significant
from analysis.studies.conclusions.errors import decides, explains, looks, no_guarantee, tells_apart
from analysis.studies.conclusions.noise import most_common
from analysis.studies.noise.cells import as_if_cells
from analysis.studies.noise.checkpoint_study import CheckpointStudy
from analysis.studies.noise.tensor_study import ADJACENCY, SHARES
from fedsz_privacy.core.numbers import write_shortest

ADVERSARY = "whoever sees the decoded state and knows both neighbours, and what the release drew at random"


def verdict_lines(study: CheckpointStudy) -> tuple[str, ...]:
    """Return guarantee, as-if figure, measurement, distribution and dependence of one release, a line each."""
    return (_guaranteed(study), _as_if(study), _measured(study), _distribution(study), _dependence(study))


def _guaranteed(study: CheckpointStudy) -> str:
    stated = study.guarantee
    nothing = math.isinf(stated.epsilon)
    head = "nothing, epsilon = ∞ at delta" if nothing else f"epsilon {as_upper_bound(stated.epsilon)} at delta"
    return f"guaranteed: {head} {write_shortest(stated.delta)}: {stated.reason}"


def _as_if(study: CheckpointStudy) -> str:
    share = SHARES[1]
    described = study.as_if[share]
    laplace, gaussian, _ = as_if_cells(described)
    reason = no_guarantee(study.normalised.dependence, study.decided, study.normalised.elements)
    return (
        f"as if: independent Laplace noise of the fitted scales would give epsilon {laplace} at delta 0, normal noise "
        f"{gaussian} at delta {write_shortest(described.delta)}, for a difference of "
        f"{write_shortest(share)} of each tensor's norm over {described.coordinates:,} coordinates; {reason}"
    )


def _measured(study: CheckpointStudy) -> str:
    absorbed = study.absorbed
    if len(absorbed) == len(SHARES):
        most = write_shortest(absorbed[-1])
        return f"measured: nothing; rounding absorbs differences of up to {most} of each tensor's norm"
    share = next(share for share in SHARES if share not in absorbed)
    rounded = f" (rounding absorbs {write_shortest(absorbed[-1])})" if absorbed else ""
    decision = study.decisions[share]
    differ = f"{percent(decision.share_of_values)} of the values differ"
    return (
        f"measured: {ADVERSARY}, {tells_apart(decision.advantage)} ({differ}); adjacency: {ADJACENCY}, here "
        f"{write_shortest(share)}{rounded}; independent uniform noise would leave an advantage of "
        f"{significant(decision.predicted_advantage)}"
    )


def _distribution(study: CheckpointStudy) -> str:
    fits = [each.fit for each in study.tensors.values()]
    common, number = most_common(study)
    distance = np.median([fit.of(common).ks for fit in fits])
    raw = study.raw
    reported = study.bounds_are is BoundSource.REPORTED
    bounds = "known bounds" if reported else "largest errors seen, as no bound is reported,"
    return (
        f"distribution: {common} fits best in {number} of {count(len(fits), 'tensor')} (median KS "
        f"{distance:.3f}); {looks('pooled raw errors', raw.best.family, raw.best.ks, raw.elements)} (KS "
        f"{raw.best.ks:.3f}, Laplace {raw.of('laplace').ks:.3f}), and a mixture of uniforms of the {bounds} "
        f"{explains(study.mixture.value, raw.elements)} them (KS {study.mixture.value:.3f})"
    )


def _dependence(study: CheckpointStudy) -> str:
    found = study.normalised.dependence
    counts = {
        detection.claim: sum(each.detections[number].holds for each in study.tensors.values())
        for number, detection in enumerate(next(iter(study.tensors.values())).detections)
    }
    detected = "; ".join(
        f"{claim} in {held} of {count(len(study.tensors), 'tensor')}" for claim, held in counts.items()
    )
    return f"dependence: {decides(found, study.decided)}, correlation {found.correlation:.3f}; {detected}"
