"""Recordings of rounds, read: every file is known to be what was written before a tensor of it is made."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field, TypeAdapter
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.federation.manifest import FORMAT, MANIFEST, ClientName, Manifest, read_manifest, read_strictly

ROUNDS, ROUND, BEFORE = "rounds", "round.json", "before.safetensors"

NUMBERED = re.compile(r"\d{5,9}")


@dataclass(frozen=True)
class Part:
    """One file of tensors of a round.

    Attributes
    ----------
    file : str
        Its name, in the folder of the round.
    bytes : int
        Its size.
    sha256 : str
        Of all its bytes.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    file: Annotated[str, Field(pattern=r"^(before|[0-9]{1,9})\.safetensors$")]
    bytes: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]

    def is_whole(self, folder: Path) -> bool:
        """Return whether a folder holds the file as it was written."""
        path = folder / self.file
        try:
            if not path.is_file() or path.stat().st_size != self.bytes:
                return False
            with path.open("rb") as file:
                return file_digest(file, "sha256").hexdigest() == self.sha256
        except OSError:
            return False

    def load(self, folder: Path) -> dict[str, Tensor]:
        """Return the tensors of the file.

        Raises
        ------
        InputError
            If it is not what was written.
        """
        path = folder / self.file
        try:
            data = path.read_bytes() if path.is_file() and path.stat().st_size == self.bytes else b""
            if sha256(data).hexdigest() == self.sha256:
                return load(data)
        except (OSError, SafetensorError, ValueError):
            pass
        raise InputError(f"{path} is not what was recorded: copy the recording again")


@dataclass(frozen=True)
class Parts:
    """What ``round.json`` holds.

    Attributes
    ----------
    number : int
        Of the round, as whoever recorded it counts.
    before : Part
        The global state that the clients got.
    updates : mapping of str to Part
        The update of each client that took part: after minus before, integers and bools as they are after.
    format : int
        Version of the format.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    number: Annotated[int, Field(ge=0)]
    before: Part
    updates: Mapping[ClientName, Part]
    format: int = FORMAT


SCHEMA = TypeAdapter(Parts)
"""How ``round.json`` is read and written."""


@dataclass(frozen=True)
class RecordedRound:
    """A round of a recording; its tensors are read when they are asked for.

    Attributes
    ----------
    folder : Path
        Where its files are.
    parts : Parts
        What they are.
    """

    folder: Path
    parts: Parts

    @property
    def number(self) -> int:
        """Number of the round."""
        return self.parts.number

    @property
    def participants(self) -> tuple[str, ...]:
        """The clients that took part."""
        return tuple(self.parts.updates)

    def before(self) -> StateDict:
        """Return the global state that the clients got.

        Raises
        ------
        InputError
            If its file is not what was recorded.
        """
        return self.parts.before.load(self.folder)

    def update(self, client: str) -> StateDict:
        """Return the update of a client that took part.

        Raises
        ------
        InputError
            If its file is not what was recorded.
        """
        return self.parts.updates[client].load(self.folder)


@dataclass(frozen=True)
class Recording:
    """A recording, up to its last whole round.

    Attributes
    ----------
    manifest : Manifest
        What it says of itself.
    rounds : tuple of RecordedRound
        The rounds, by number.
    cut : str
        Which round is not whole, and what that means, in one line; empty if all are.
    """

    manifest: Manifest
    rounds: tuple[RecordedRound, ...]
    cut: str = ""

    @property
    def clients(self) -> tuple[str, ...]:
        """The clients that took part in any round, in order of appearance."""
        return tuple(dict.fromkeys(client for each in self.rounds for client in each.participants))


def open_recording(folder: Path | str) -> Recording:
    """Return a recording up to its last whole round.

    The checksum of every file is compared; a round with a file that is missing, cut or changed, and all rounds after
    it, count as not there. Nothing is unpickled or imported.

    Raises
    ------
    InputError
        If the folder has no manifest that can be read.
    """
    path = Path(folder)
    manifest = read_manifest(path)
    rounds: list[RecordedRound] = []
    for each in _folders(path / ROUNDS):
        found = _read_round(each)
        if found is None:
            return Recording(manifest, tuple(rounds), f"{each} is not whole: it and all rounds after it are left out")
        rounds.append(found)
    return Recording(manifest, tuple(rounds))


def list_files(folder: Path) -> list[Path]:
    """Return the files that say what a recording holds: its manifest, and the list of checksums of each round.

    Raises
    ------
    InputError
        If the folder holds no recording.
    """
    read_manifest(folder)
    lists = (each / ROUND for each in _folders(folder / ROUNDS))
    return [folder / MANIFEST, *(each for each in lists if each.is_file())]


def _folders(rounds: Path) -> Iterator[Path]:
    numbered = [each for each in rounds.glob("*") if NUMBERED.fullmatch(each.name)]
    yield from sorted(numbered, key=lambda each: int(each.name))


def _read_round(folder: Path) -> RecordedRound | None:
    try:
        parts = read_strictly(folder / ROUND, SCHEMA)
    except ValueError:
        return None
    whole = parts.number == int(folder.name) and all(
        each.is_whole(folder) for each in (parts.before, *parts.updates.values())
    )
    return RecordedRound(folder, parts) if whole else None
