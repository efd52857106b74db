"""The updates of a recorded round on their way through a release, with what clients remember of earlier ones."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from analysis.studies.recorded.material import AuditedRound
from fedsz_privacy.codec.last_round import LastRound
from fedsz_privacy.codec.lossy import without_lossy_warnings
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import StateDict, add, is_finite, subtract
from fedsz_privacy.defences.release import Release, Released, release_copy

ReleasedByClient = Mapping[str, Released]
"""What an observer holds of each client that took part in a round."""

Residuals = dict[str, StateDict]
"""What each client remembers of its updates under a release with error feedback: what was lost of them so far."""

Lasts = Mapping[str, LastRound]
"""The last round of each client that knows of one."""


def finite_updates(each: AuditedRound) -> tuple[dict[str, StateDict], list[str]]:
    """Return the updates of a round that are finite, and what to know of the others."""
    updates = {client: read() for client, read in each.updates.items()}
    broken = [client for client, update in updates.items() if not all(map(is_finite, update.values()))]
    told = [f"the update of {client} in round {each.number} is not finite, and left out" for client in broken]
    return {client: update for client, update in updates.items() if client not in broken}, told


def send(
    release: Release,
    updates: Mapping[str, StateDict],
    number: int,
    everybody: Sequence[str],
    seed: int,
    residuals: Residuals,
    lasts: Lasts = MappingProxyType({}),
) -> ReleasedByClient:
    """Return what an observer holds of each update; error feedback keeps in the residuals what was lost of it."""
    sent = {}
    with without_lossy_warnings():
        for client, update in updates.items():
            whole = add(residuals[client], update) if client in residuals else update
            stream = generator(seed, Purpose.RELEASE, number, everybody.index(client))
            after = release.after(lasts.get(client))
            sent[client] = release_copy(after, whole, stream, f" of {client} in round {number}")
            if release.feedback:
                residuals[client] = subtract(whole, sent[client].update)
    return sent


def last_rounds(previous: AuditedRound | None, each: AuditedRound, before: StateDict) -> Lasts:
    """Return the round before, for the clients that took part in it; others did not get the global state before it."""
    if previous is None or previous.number != each.number - 1:
        return {}
    return dict.fromkeys(previous.updates, LastRound(previous.number, subtract(before, previous.before())))
