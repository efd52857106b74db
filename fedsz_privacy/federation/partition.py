"""Which client holds which records."""

import re

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.ranges import CONCENTRATION, require_in

SKEWED = re.compile(r"dirichlet:(?P<alpha>\d*\.?\d+(e-?\d+)?)")


def even_clients(clients: int, records: int) -> NDArray[np.bool_]:
    """Deal records out to clients in turn: of records in random order, each client holds an even sample (IID).

    Returns
    -------
    bool array, shape (clients, records)
        Which records each client holds.

    Raises
    ------
    InputError
        If a client would hold no record.
    """
    _check(clients, records)
    return np.equal(np.arange(records) % clients, np.arange(clients)[:, None])


def dirichlet_clients(labels: NDArray[np.int64], clients: int, alpha: float, generator: Generator) -> NDArray[np.bool_]:
    """Deal each class out to clients in shares drawn from a symmetric Dirichlet distribution (Hsu et al., 2019).

    Parameters
    ----------
    labels : int64 array, shape (records,)
        Class of each record.
    clients : int
        Number of clients.
    alpha : float
        Concentration: towards 0 each class has one client, towards infinity the partition is even.
    generator : Generator
        Draws the shares.

    Returns
    -------
    bool array, shape (clients, records)
        Which records each client holds. A client that the draw left empty takes one record of the largest.

    Raises
    ------
    InputError
        If there are more clients than records, or alpha is out of range.
    """
    _check(clients, labels.size)
    require_in(CONCENTRATION, alpha, "Dirichlet alpha")
    owner = np.empty(labels.size, np.int64)
    for label in np.unique(labels):
        records = np.flatnonzero(labels == label)
        shares = generator.dirichlet(np.full(clients, alpha))
        owner[records] = np.searchsorted(np.cumsum(shares)[:-1], (np.arange(records.size) + 0.5) / records.size)
    for client in np.setdiff1d(np.arange(clients), owner):
        owner[np.flatnonzero(owner == np.bincount(owner).argmax())[0]] = client
    return np.equal(owner, np.arange(clients)[:, None])


def require_partition(text: str) -> None:
    """Raise InputError if a string names no partition; no records are needed to tell."""
    if text == "iid":
        return
    match = SKEWED.fullmatch(text)
    if match is None:
        raise InputError(f"unknown partition {text!r}: write iid or dirichlet:0.5")
    require_in(CONCENTRATION, float(match["alpha"]), "Dirichlet alpha")


def parse_partition(text: str, labels: NDArray[np.int64], clients: int, generator: Generator) -> NDArray[np.bool_]:
    """Return the partition that a string names: ``iid``, or ``dirichlet:0.5`` for a skewed one.

    Raises
    ------
    InputError
        If the string names no partition.
    """
    require_partition(text)
    if text == "iid":
        return even_clients(clients, len(labels))
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise InputError(f"partition {text!r} deals classes out, and these records have none: choose iid")
    return dirichlet_clients(labels, clients, float(text.partition(":")[2]), generator)


def _check(clients: int, records: int) -> None:
    if not 1 <= clients <= records:
        raise InputError(f"{clients} clients for {records} records: choose from 1 to {records}")
