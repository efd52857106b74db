"""The conclusion on a release's error in one line: guarantee, measurement and description."""

from math import isinf

from analysis.studies.conclusions.defence import guaranteed
from analysis.studies.conclusions.errors import looks, tells_apart
from analysis.studies.noise.checkpoint_study import CheckpointStudy
from analysis.studies.noise.tensor_study import SHARES
from fedsz_privacy.core.numbers import write_shortest


def conclude(release: str, study: CheckpointStudy) -> str:
    """Return what a release came to in one line: guarantee, measurement and description."""
    family, count = most_common(study)
    raw = study.raw
    return (
        f"{release}: {guaranteed(study.guarantee)}; {_told_apart(study)}; single tensors look most like {family} "
        f"({count} of {len(study.tensors)}), {looks('pooled errors', raw.best.family, raw.best.ks, raw.elements)}"
    )


def most_common(study: CheckpointStudy) -> tuple[str, int]:
    """Return the distribution that fits most tensors best, and in how many it does."""
    families = [each.fit.best.family for each in study.tensors.values()]
    common = max(dict.fromkeys(families), key=families.count)
    return common, families.count(common)


def _told_apart(study: CheckpointStudy) -> str:
    """Return what the observer made of the smallest difference that rounding does not absorb."""
    share = next((share for share in SHARES if share not in study.absorbed), None)
    if share is None:
        return "rounding absorbs every difference tried, so nothing was measured"
    apart = f"{write_shortest(share)} of each tensor's norm apart"
    knows = f"an observer who knows both of two neighbours, {apart}, and all that the release draws at random"
    limits = "" if isinf(study.guarantee.epsilon) else " (what is guaranteed holds against who does not know the draw)"
    return f"{knows}, {tells_apart(study.decisions[share].advantage)}{limits}"
