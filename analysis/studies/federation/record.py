"""A federation's rounds without a defence, recorded for audits that want no retraining."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.reporting.folder import to_json
from analysis.reporting.json_files import DAMAGED, read_json
from analysis.studies.federation.spec import FederationSpec
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.files import write_atomically
from fedsz_privacy.core.state import unstack
from fedsz_privacy.federation.manifest import MANIFEST
from fedsz_privacy.federation.recorder import Recorder
from fedsz_privacy.federation.recording import ROUNDS, open_recording
from fedsz_privacy.federation.rounds import Round

ASKED = "federation.json"
"""What the federation in a recording was asked."""


def client_name(client: int) -> str:
    """Return what a recording calls a client."""
    return f"client-{client}"


def recorder_of(spec: FederationSpec, clients: NDArray[np.bool_], folder: Path) -> Recorder:
    """Return what records a federation; clients are rows of who holds which record."""
    return Recorder(
        folder,
        model=spec.model,
        data=spec.data,
        members={client_name(client): np.flatnonzero(held).tolist() for client, held in enumerate(clients)},
        target=spec.target,
        task=spec.task,
        records=spec.records,
        seed=spec.seed,
        side=spec.side,
        fix_model=spec.fix_model,
    )


def open_recorder(
    spec: FederationSpec, clients: NDArray[np.bool_], asked: Mapping[str, object], folder: Path
) -> Recorder:
    """Return what records a federation, of which so much was asked, in a folder that holds no rounds of another one.

    Raises
    ------
    InputError
        If it does, or holds another recording, or cannot be written to.
    """
    path, text = folder / ASKED, to_json(asked)
    # What has rounds without being a recording, such as a run, the recorder refuses.
    if (folder / MANIFEST).exists() and any((folder / ROUNDS).glob("*")) and not _holds(path, json.loads(text)):
        raise InputError(f"{folder} holds recorded rounds of another federation: choose another --record")
    recorder = recorder_of(spec, clients, folder)
    write_atomically(path, text.encode())
    return recorder


def _holds(path: Path, asked: object) -> bool:
    """Return whether a file holds what was asked; one that is missing or damaged does not."""
    try:
        return read_json(path) == asked
    except DAMAGED:
        return False


def record_round(recorder: Recorder, played: Round) -> None:
    """Record a round of one trial whose clients send what they trained."""
    sent = {client_name(client): unstack(played.sent(client).update, 0) for client in range(len(played.clients))}
    recorder.record_updates(played.number, unstack(played.states, 0), sent)


def require_apart(folder: Path, run: Path) -> None:
    """Raise InputError if a recording is asked for in the folder of its run."""
    if folder.resolve() == run.resolve():
        raise InputError(f"--record and --out both name {folder}: choose another --record")


def require_recorded(folder: Path, rounds: int, run: Path) -> None:
    """Raise InputError unless a folder holds so many recorded rounds of a run that is finished."""
    try:
        found = len(open_recording(folder).rounds)
    except InputError:
        found = 0
    if found < rounds:
        raise InputError(f"{run} holds this run, finished, and {folder} no record of it: choose another --out")
