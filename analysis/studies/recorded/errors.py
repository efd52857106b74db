"""What each release does to recorded updates: its errors, as the command ``noise`` describes them."""

from collections.abc import Mapping, Sequence

from analysis.studies.noise.update_study import AGAIN, STUDIED_ELEMENTS, NoiseStudy, study_errors
from analysis.studies.recorded.material import AuditedRound
from analysis.studies.recorded.sending import finite_updates, send
from fedsz_privacy.codec.lossy import without_lossy_warnings
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.defences.release import Release, release_copy

STUDIED_UPDATES = 8
"""Most updates whose errors are studied."""


def study_releases(
    each: AuditedRound, releases: Sequence[Release], everybody: Sequence[str], seed: int
) -> dict[str, NoiseStudy | None]:
    """Return the errors that each release makes on updates of one round; of a large model on fewer of them."""
    updates, _ = finite_updates(each)
    elements = sum(tensor.numel() for tensor in each.before().values())
    some = dict(list(updates.items())[: max(1, min(STUDIED_UPDATES, STUDIED_ELEMENTS // elements))])
    if not some:
        return dict.fromkeys([release.name for release in releases])
    return {release.name: _study(release, some, each.number, everybody, seed) for release in releases}


def _study(
    release: Release, updates: Mapping[str, StateDict], number: int, everybody: Sequence[str], seed: int
) -> NoiseStudy | None:
    sent = send(release, updates, number, everybody, seed, {})
    first = next(iter(updates))
    stream = generator(seed, Purpose.RELEASE, number, everybody.index(first), AGAIN)
    with without_lossy_warnings():
        again = release_copy(release, updates[first], stream)
    return study_errors(list(updates.values()), list(sent.values()), again, seed)
