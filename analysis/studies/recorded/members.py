"""Who holds which records: files of ids, and the records that are judged."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from analysis.methods.lower_bounds.accuracy import are_unfair
from fedsz_privacy.core.errors import InputError, one_line
from fedsz_privacy.core.files import require_file
from fedsz_privacy.federation.manifest import Manifest, to_ids

LEAST_NON_MEMBERS = 100
"""Fewest scores of non-members, so that a false positive rate of 0.1 is resolved."""

LEAST_MEMBERS = 10

LEAST_COINS = 250
"""Coins of which fewer than `LEAST_NON_MEMBERS` fall on one side less than once in a thousand times."""


@dataclass(frozen=True)
class Candidates:
    """Whose membership is judged.

    Attributes
    ----------
    clients : tuple of str
        The clients whose updates are attacked.
    records : int64 array, shape (records,)
        The records that are judged, as places in the training records, in random order: what is chosen on every second
        of them is measured on the others.
    membership : bool array, shape (records, clients)
        Who holds which of them.
    judged : bool array, shape (records, clients)
        Which are judged of which client: all, or those that a coin decided where coins did.
    held_elsewhere : bool array, shape (records, clients)
        Which are held by a client of the recording other than this one.
    """

    clients: tuple[str, ...]
    records: NDArray[np.int64]
    membership: NDArray[np.bool_]
    judged: NDArray[np.bool_]
    held_elsewhere: NDArray[np.bool_]


def read_members(files: Sequence[Path], clients: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Return the records of each client from .npy files: one for each client in order, or one for all of them.

    A file holds ids, or a bool for each record; one for all may hold a row of bools for each client.

    Raises
    ------
    InputError
        If a file cannot be read or holds something else, or there are neither one nor as many as clients.
    """
    if twice := [name for name, times in Counter(clients).items() if times > 1]:
        raise InputError(f"two files are called {twice[0]}: name the states of clients apart")
    arrays = [_read(path) for path in files]
    if len(arrays) == 1 and arrays[0].ndim == 2 and len(arrays[0]) == len(clients):
        arrays = list(arrays[0])
    elif len(arrays) == 1:
        arrays *= len(clients)
    if len(arrays) != len(clients):
        raise InputError(f"{len(files)} files of members for {len(clients)} of clients: give one, or as many")
    names = [files[place if len(files) > 1 else 0] for place in range(len(clients))]
    return {
        client: to_ids(array, f"the members in {path}")
        for client, array, path in zip(clients, arrays, names, strict=True)
    }


def require_whole_masks(files: Sequence[Path], count: int) -> None:
    """Raise InputError unless each of these files that holds bools has one for each of so many training records.

    A shorter one would be read as if it spoke of the first records, and name others than those that a client holds.
    """
    for path in files:
        array = _read(path)
        if array.dtype.kind == "b" and array.shape[-1] != count:
            raise InputError(
                f"{path} has bools for {array.shape[-1]} records, and the data has {count} training records: "
                "give one for each of them, or their ids"
            )


def require_masks_of(manifest: Manifest, count: int) -> None:
    """Raise InputError unless bools that a recording was given are for so many training records."""
    if manifest.masked not in {None, count}:
        raise InputError(
            f"members were recorded as bools for {manifest.masked} records, and the data has {count} training records: "
            "give the data that they are of"
        )


def _require_fair(client: str, members: NDArray[np.bool_]) -> None:
    """Raise InputError if a client holds more, or fewer, of the records that coins decided than coins would give it."""
    if members.size and are_unfair(int(members.sum()), members.size):
        raise InputError(
            f"client {client} holds {int(members.sum()):,} of the {members.size:,} records that fair coins are said to "
            "have decided, which they do less than once in a million times: record no coins of it"
        )


def choose_candidates(
    manifest: Manifest, clients: Sequence[str], count: int, most: int, generator: Generator
) -> Candidates:
    """Return whose membership is judged.

    Parameters
    ----------
    manifest : Manifest
        Says who holds which records.
    clients : sequence of str
        The clients whose updates are attacked.
    count : int
        Training records that there are.
    most : int
        Most records that are judged. If there are more, half of them are held by the clients, as far as that goes;
        where coins decided, they are drawn without a look at who holds them, so that their coins stay independent.
    generator : Generator
        Draws them.

    Raises
    ------
    InputError
        If ids name no record, coins cannot have been fair, or there are too few records of either kind to measure
        anything.
    """
    held = {client: _marked(ids, count, f"members of {client}") for client, ids in manifest.members.items()}
    coins = {client: _marked(ids, count, f"coins of {client}") for client, ids in manifest.coins.items()}
    for client in clients:
        if client in coins:
            _require_fair(client, held[client][coins[client]])
    everything = np.ones(count, bool)
    membership = np.stack([held[client] for client in clients], axis=1)
    judged = np.stack([coins.get(client, everything) for client in clients], axis=1)
    times: NDArray[np.int64] = np.sum(list(held.values()), axis=0, dtype=np.int64)
    inside = np.flatnonzero((membership & judged).any(axis=1))
    outside = np.setdiff1d(np.flatnonzero(judged.any(axis=1)), inside)
    if any(client in coins for client in clients):
        records = generator.permutation(np.concatenate([inside, outside]))[:most]
    else:
        records = _half_of_each(inside, outside, most, generator)
    found = Candidates(
        tuple(clients),
        records,
        membership[records],
        judged[records],
        (times[:, None] - membership > 0)[records],
    )
    # Where there are fewer records than coins to toss, only other data help.
    tossed = [client for client in clients if client in coins and count >= LEAST_COINS]
    _require_enough(found, len(inside) + len(outside), tossed)
    return found


def _half_of_each(
    inside: NDArray[np.int64], outside: NDArray[np.int64], most: int, generator: Generator
) -> NDArray[np.int64]:
    members, others = (generator.permutation(each) for each in (inside, outside))
    first = members[: max(most // 2, most - len(others))]
    return generator.permutation(np.concatenate([first, others[: most - len(first)]]))


def _marked(ids: Sequence[int], count: int, whose: str) -> NDArray[np.bool_]:
    if (largest := max(ids, default=0)) >= count:
        raise InputError(f"{whose} name record {largest}, and the data has {count} training records: give that data")
    marked = np.zeros(count, bool)
    marked[list(ids)] = True
    return marked


def _require_enough(found: Candidates, count: int, tossed: Sequence[str]) -> None:
    """Raise InputError unless there are enough scores of either kind.

    Of ``count`` records that could have been judged; more coins could have been tossed for the clients in ``tossed``.
    """
    members = int((found.membership & found.judged).sum())
    others = int((~found.membership & found.judged).sum())
    if members < LEAST_MEMBERS or others < LEAST_NON_MEMBERS:
        raise InputError(
            f"there are {members} scores of members and {others} of non-members: {_remedy(found, count, tossed)}"
        )


def _remedy(found: Candidates, count: int, tossed: Sequence[str]) -> str:
    if len(found.records) < count:
        return f"choose more --candidates, of {count} that there are"
    if tossed:
        return (
            f"toss a coin for more records of client {tossed[0]} ({LEAST_COINS} give enough of either kind), or record "
            "no coins of it"
        )
    return (
        f"give data of which clients hold {LEAST_MEMBERS} records or more, and do not hold {LEAST_NON_MEMBERS} or more"
    )


def _read(path: Path) -> NDArray[Any]:
    require_file(path, "give an .npy file of record ids")
    try:
        # A map takes no memory, and is refused where the file is shorter than its header says.
        array: Any = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{path} is no .npy file of numbers ({one_line(error)}): save record ids") from error
    if not isinstance(array, np.ndarray):
        raise InputError(f"{path} holds several arrays: save the record ids as one .npy file")
    return array


def shared_records(members: Mapping[str, Sequence[int]]) -> bool:
    """Return whether all clients hold the very same records."""
    return len(members) > 1 and len({tuple(ids) for ids in members.values()}) == 1
