"""Rounds of anybody's training loop, kept in a folder: what clients got, and what they sent."""

import reprlib
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from fedsz_privacy.core.errors import InputError, printable
from fedsz_privacy.core.files import TEMPORARY, one_line_for, write_atomically
from fedsz_privacy.core.ranges import Whole, require_in
from fedsz_privacy.core.state import StateDict, is_finite, subtract
from fedsz_privacy.federation import recording
from fedsz_privacy.federation.manifest import (
    MANIFEST,
    SCHEMA,
    Manifest,
    by_client,
    from_json,
    masked_by,
    read_manifest,
    require_client,
    to_json,
    versions,
)
from fedsz_privacy.federation.recording import BEFORE, NUMBERED, ROUND, ROUNDS, Part, Parts

EMPTY = Manifest(model="", data="")
"""What arguments are tried in, one by one."""

NUMBERS = Whole(0, 10**9 - 1)
"""Numbers that a round may have."""


class RecordingWarning(UserWarning):
    """A round is kept, and an audit will leave something of it out."""


class Recorder:
    """Keeps rounds in a folder, each whole or not at all.

    The folder may hold a recording that was begun by the same arguments; rounds are then added to it.

    Parameters
    ----------
    folder : path
        Where the recording is to be.
    model : str
        A name of `build_model`, or the import path ``module:factory`` of what makes the model.
    data : str
        Where the records are, for `load_data`; they are not copied.
    members : mapping of str to ids, optional
        The records that each client holds: places in the training records that ``data`` loads, or a bool for each.
    arguments : mapping, optional
        Keyword arguments of the factory, JSON values; without it, it is called as `build_model` calls it, with the
        shape of a record and the number of outputs.
    coins : mapping of str to ids, optional
        The records that a fair coin of its own put into a client's data or left out, independent of all else. Only what
        coins decided can prove something of epsilon.
    target, task, records, seed, side, fix_model
        As `Manifest` has them.

    Raises
    ------
    InputError
        If an argument cannot be kept, or the folder holds something else.

    Warns
    -----
    RecordingWarning
        When recording, of each update that is not finite, and once of each client that ``members`` lacks.

    Examples
    --------
    >>> import tempfile, torch
    >>> folder = tempfile.mkdtemp()
    >>> recorder = Recorder(folder, model="mine:net", data="mine:pool", members={"a": [0, 2], "b": [1]})
    >>> before, after = {"w": torch.zeros(2)}, {"w": torch.ones(2)}
    >>> recorder.record(0, before, {"a": after, "b": before})
    """

    def __init__(
        self,
        folder: Path | str,
        *,
        model: str,
        data: str,
        members: Mapping[str, Iterable[int]] | None = None,
        arguments: Mapping[str, Any] | None = None,
        coins: Mapping[str, Iterable[int]] | None = None,
        target: str = "",
        task: str = "",
        records: int | None = None,
        seed: int = 0,
        side: int = 0,
        fix_model: bool = False,
    ) -> None:
        self.folder = Path(folder)
        self.manifest = Manifest(
            model=model,
            data=data,
            arguments=None if arguments is None else dict(arguments),
            target=target,
            task=task,
            records=records,
            seed=seed,
            side=side,
            fix_model=fix_model,
            members=by_client(members or {}, "members"),
            coins=by_client(coins or {}, "coins"),
            masked=masked_by({"members": members or {}, "coins": coins or {}}),
            versions=versions(),
        )
        self.manifest.require_members_of_coins()
        self._lacked: set[str] = set()
        _settle(self.folder, self.manifest)

    def record(self, number: int, before: StateDict, after: Mapping[str, StateDict]) -> None:
        """Keep a round: the global state that its clients got, and each client's state after training.

        A round that was kept under that number, and all after it, are taken away: they are of a run that is repeated.

        Parameters
        ----------
        number : int
            Of the round, from 0.
        before : StateDict
            What the clients got.
        after : mapping of str to StateDict
            What training made of it, by client.

        Raises
        ------
        InputError
            If states do not fit together, or cannot be written. The round is not kept then.
        """
        _require_round(number, before, after)
        start = _portable(before)
        self._write(number, start, ((client, subtract(_portable(state), start)) for client, state in after.items()))

    def record_updates(self, number: int, before: StateDict, updates: Mapping[str, StateDict]) -> None:
        """Keep a round as `record` does, from the clients' updates as `fedsz_privacy.core.state.subtract` has them."""
        _require_round(number, before, updates)
        self._write(number, _portable(before), ((client, _portable(each)) for client, each in updates.items()))

    def holds(self, number: int) -> bool:
        """Return whether a round is kept."""
        return (_folder(self.folder, number) / ROUND).is_file()

    def _write(self, number: int, before: StateDict, updates: Iterable[tuple[str, StateDict]]) -> None:
        folder = _folder(self.folder, number)
        _forget_from(self.folder / ROUNDS, number)
        with one_line_for("write", folder):
            folder.mkdir(parents=True)
        sent: dict[str, Part] = {}
        broken: list[str] = []
        try:
            start = _write_part(folder, BEFORE, before)
            for place, (client, update) in enumerate(updates):
                sent[client] = _write_part(folder, f"{place}.safetensors", update)
                broken += [] if all(map(is_finite, update.values())) else [client]
            # The round counts from here on: what is cut short earlier has no such file.
            write_atomically(folder / ROUND, to_json(Parts(number, start, sent), recording.SCHEMA))
        except BaseException:
            rmtree(folder, ignore_errors=True)
            raise
        self._warn(number, sent, broken)

    def _warn(self, number: int, clients: Iterable[str], broken: Iterable[str]) -> None:
        """Tell of a round that is kept what an audit will leave out."""
        members = self.manifest.members
        lacked = [each for each in clients if members and each not in members and each not in self._lacked]
        self._lacked.update(lacked)
        for line in (
            *(f"the update of {each} in round {number} is not finite: an audit leaves it out" for each in broken),
            *(f"members lack client {each}, which no audit can attack: give the records it holds" for each in lacked),
        ):
            # Four up is whoever called a method that records: between lie this, `_write` and the method.
            warnings.warn(line, RecordingWarning, stacklevel=4)


def _settle(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, or find the same one."""
    text = _checked(manifest)
    if (folder / MANIFEST).exists():
        if not read_manifest(folder).is_like(manifest):
            raise InputError(f"{folder} holds another recording: choose another folder")
        return
    with one_line_for("write", folder):
        if folder.exists() and not (
            folder.is_dir() and all(TEMPORARY.fullmatch(each.name) for each in folder.iterdir())
        ):
            raise InputError(f"{folder} holds something else than a recording: choose another folder")
        folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / MANIFEST, text)


def _checked(manifest: Manifest) -> bytes:
    """Return what a manifest is written as, known to be read back as it is."""
    _require_json(manifest.arguments or {})
    try:
        text = to_json(manifest, SCHEMA)
        same = from_json(text, SCHEMA) == manifest
    except ValueError as error:
        raise InputError(f"the recording's manifest {error}: give strings, whole numbers and JSON values") from error
    if not same:
        raise InputError(f"arguments {manifest.arguments}: give JSON values under names that are strings")
    return text


def _require_json(arguments: Mapping[Any, Any]) -> None:
    """Raise InputError, which names the argument, unless all of them come back from JSON as they are."""
    for name, value in arguments.items():
        try:
            text = to_json(replace(EMPTY, arguments={name: value}), SCHEMA)
            kept = bool(from_json(text, SCHEMA).arguments == {name: value})
        except Exception:  # a value may raise what it likes where it is compared
            kept = False
        if not kept:
            raise InputError(f"argument {_shown(name)} is {_shown(value)}: give a JSON value under a string")


def _shown(value: object) -> str:
    """Return a value in a short line, by its type where it cannot be written."""
    try:
        return printable(reprlib.repr(value))
    except Exception:  # as in `_require_json`
        return f"of type {type(value).__name__}"


def _forget_from(rounds: Path, number: int) -> None:
    """Remove the rounds from a number on, and those that somebody was stopped in."""
    with one_line_for("write", rounds):
        for each in rounds.glob("*"):
            if NUMBERED.fullmatch(each.name) and (int(each.name) >= number or not (each / ROUND).is_file()):
                (each / ROUND).unlink(missing_ok=True)
                rmtree(each)


def _write_part(folder: Path, name: str, state: StateDict) -> Part:
    data = save(dict(state))
    write_atomically(folder / name, data)
    return Part(name, len(data), sha256(data).hexdigest())


def _folder(folder: Path, number: int) -> Path:
    return folder / ROUNDS / f"{number:05d}"


def _portable(state: StateDict) -> dict[str, Tensor]:
    """Return a state on the CPU, every tensor with memory of its own."""
    return {
        name: torch.empty(tensor.shape, dtype=tensor.dtype).copy_(tensor.detach()) for name, tensor in state.items()
    }


def _require_round(number: int, before: StateDict, clients: Mapping[str, StateDict]) -> None:
    """Raise InputError unless a round has a number, a client, and states of the same names, shapes and dtypes."""
    require_in(NUMBERS, number, "round")
    if not clients:
        raise InputError(f"round {number} has no client: record rounds that somebody took part in")
    expected = _forms(before, f"the state before round {number}")
    for client, state in clients.items():
        require_client(client)
        found = _forms(state, f"the state of client {client} in round {number}")
        if changed := [name for name in {**expected, **found} if expected.get(name) != found.get(name)]:
            name = changed[0]
            raise InputError(
                f"client {client} has {name} {found.get(name, 'nowhere')} in round {number}, and the state before it "
                f"{expected.get(name, 'nowhere')}: record states of one model"
            )


def _forms(state: Mapping[str, object], where: str) -> dict[str, str]:
    """Return dtype and shape of each tensor, as they are written in a message."""
    if not isinstance(state, Mapping):
        raise InputError(f"{where} is of type {type(state).__name__}: record what model.state_dict() gives")
    for name, tensor in state.items():
        if not isinstance(tensor, Tensor) or tensor.layout != torch.strided or tensor.is_meta or tensor.is_quantized:
            raise InputError(f"{name} of {where} is no dense tensor: record what model.state_dict() gives")
    if not state:
        raise InputError(f"{where} is empty: record what model.state_dict() gives")
    return {name: f"{each.dtype} {tuple(each.shape)}" for name, each in state.items() if isinstance(each, Tensor)}
