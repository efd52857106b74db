"""Which clients of a recording are attacked, by which signals, and what does not fit."""

from collections.abc import Iterator, Sequence

from analysis.studies.little_lossy import describe_shortfalls, find_shortfalls
from analysis.studies.recorded.material import AuditedRound, Material
from analysis.studies.recorded.members import Candidates, shared_records
from analysis.studies.recorded.spec import RecordedSpec
from attacks import Signal
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.defences.release import Release

MOST_SCORES = 2 * 10**5
"""Most records times clients: intervals weigh each of them 501 times."""

MOST_READ = 2**27
"""Most numbers that are kept of all rounds, releases and signals together."""


def choose_clients(spec: RecordedSpec, material: Material) -> tuple[list[str], list[str]]:
    """Return the clients whose updates are attacked, and what to know of the others.

    Raises
    ------
    InputError
        If one that is asked for sent nothing, or nothing says which records it holds.
    """
    there = list(dict.fromkeys(client for each in material.rounds for client in each.updates))
    held = material.manifest.members
    if unknown := [client for client in spec.clients if client not in there]:
        known = ", ".join(there[:10]) + (", ..." if len(there) > 10 else "")
        raise InputError(f"no update of client {unknown[0]!r} is recorded: choose of {known}")
    if not held:
        raise InputError("nothing says which records a client holds: record them as members of the Recorder")
    material.manifest.require_members_of_coins()
    if unheld := [client for client in spec.clients if not held.get(client)]:
        raise InputError(f"nothing says which records client {unheld[0]!r} holds: choose of {', '.join(held)}")
    chosen = list(spec.clients) or [client for client in there if held.get(client)]
    if not chosen:
        raise InputError(f"no update of {', '.join(list(held)[:10])} is recorded: give members by the clients' names")
    left = [client for client in there if not held.get(client)]
    if not left or spec.clients:
        return chosen, []
    count_as = "holds: it counts as another client" if len(left) == 1 else "hold: they count as other clients"
    return chosen, [f"nothing says which records {', '.join(left[:10])} {count_as} alone"]


def choose_signals(
    signals: Sequence[Signal], material: Material, clients: Sequence[str]
) -> tuple[list[Signal], list[str]]:
    """Return the signals that can be read off every update, and what to know of the others.

    Raises
    ------
    InputError
        If there is none.
    """
    alone = [each.number for each in material.rounds if len(each.updates) < 2 and set(each.updates) & set(clients)]
    same = shared_records(material.manifest.members)
    left = [signal.name for signal in signals if signal.reads_others and (alone or same)]
    kept = [signal for signal in signals if signal.name not in left]
    why = f"in round {alone[0]} there is none" if alone else "all clients hold the same records"
    if not kept:
        raise InputError(f"{', '.join(left)} read the other clients' updates, and {why}: choose another --signal")
    return kept, [f"left out are {', '.join(left)}, which read the other clients' updates: {why}"] if left else []


def little_lossy(releases: Sequence[Release], material: Material) -> Iterator[str]:
    """Yield which releases compress little of an update, and why."""
    read = next(iter(material.rounds[0].updates.values()))
    yield from describe_shortfalls(find_shortfalls({release.name: release for release in releases}, read()))


def require_room(
    spec: RecordedSpec, rounds: Sequence[AuditedRound], candidates: Candidates, signals: Sequence[Signal]
) -> None:
    """Raise InputError if there would be more scores than memory should hold."""
    scores = candidates.membership.size
    if scores > MOST_SCORES or scores * len(rounds) * len(spec.defences) * len(signals) > MOST_READ:
        raise InputError(
            f"{len(candidates.records)} records of {len(candidates.clients)} clients in {len(rounds)} rounds, by "
            f"{len(signals)} signals and {len(spec.defences)} releases, are too many scores: choose fewer --candidates "
            "or --client"
        )
