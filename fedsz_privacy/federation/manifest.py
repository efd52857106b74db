"""What a recording says of itself: the model, the data, and who held which records; the records stay where they are."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

import numpy as np
from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from fedsz_privacy.core.errors import InputError, one_line
from fedsz_privacy.core.files import require_file

FORMAT = 1
"""Version of the format that is written, and the one that is read."""

MANIFEST = "recording.json"
MOST_BYTES = 2**27
"""Size of a JSON file beyond which it is not read: about ten million record ids."""

VERSIONED = ("fedsz-privacy", "numpy", "safetensors", "torch")

Kind = TypeVar("Kind")


def require_client(client: object) -> str:
    """Return the name of a client.

    Raises
    ------
    InputError
        If it is none that one line can show.
    """
    if not isinstance(client, str) or not client or not client.isprintable():
        raise InputError(f"client {client!r}: name it by a string of printable characters")
    return client


ClientName = Annotated[str, AfterValidator(require_client)]
RecordIds = tuple[Annotated[int, Field(ge=0, lt=2**63)], ...]


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a recording says of itself; the fields of ``recording.json``, which docs/recordings.md explains.

    Parameters
    ----------
    model : str
        A name of `build_model`, or the import path of what makes the model.
    arguments : dict of str to JSON values, or None
        Keyword arguments that the model is made with; None: it is made as `build_model` makes it, from the shape of a
        record and the number of outputs.
    data, target, task : str
        What `load_data` takes: where the records are.
    records : int or None
        Most training records that `load_data` loads; None for all.
    seed : int
        Seed of the order of the records, and of the model's initial weights.
    side : int
        Images are scaled to side x side; 0 leaves them as they are.
    fix_model : bool
        Whether layers that DP-SGD has no guarantee for are replaced, as Opacus does it.
    members : mapping of str to tuple of int
        The records that each client holds: places in the training records that `load_data` loads, rising.
    coins : mapping of str to tuple of int
        The records that a fair coin of its own, independent of all else, put into a client's data or left out of it.
    masked : int or None
        Training records that the members and coins spoke of where they were given as a bool for each; None: as ids.
    versions : mapping of str to str
        Versions of the packages that recorded.
    format : int
        Version of the format.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    model: str
    data: str
    arguments: dict[str, Any] | None = None
    target: str = ""
    task: str = ""
    records: Annotated[int, Field(ge=1)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**64)] = 0
    side: Annotated[int, Field(ge=0)] = 0
    fix_model: bool = False
    members: Mapping[ClientName, RecordIds] = field(default_factory=dict)
    coins: Mapping[ClientName, RecordIds] = field(default_factory=dict)
    masked: Annotated[int, Field(ge=1)] | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT

    def is_like(self, other: "Manifest") -> bool:
        """Return whether two manifests say the same, whatever versions wrote them, and of bools or of ids."""
        masked = None in {self.masked, other.masked} or self.masked == other.masked
        return masked and replace(self, versions={}, masked=None) == replace(other, versions={}, masked=None)

    def require_members_of_coins(self) -> None:
        """Raise InputError if coins decided for a client of which nothing says what it holds."""
        if stray := [client for client in self.coins if client not in self.members]:
            raise InputError(f"coins of client {stray[0]!r} are given and no members of it: give both under one name")


SCHEMA = TypeAdapter(Manifest)
"""How ``recording.json`` is read and written."""


def to_ids(records: object, where: str) -> tuple[int, ...]:
    """Return record ids in rising order, each once, from ids or from a bool for each record.

    Raises
    ------
    InputError
        If they are neither.
    """
    given: Any = list(records) if isinstance(records, (set, frozenset, range)) else records
    try:
        ids = np.asarray(given)
    except (ValueError, TypeError, RuntimeError) as error:
        raise InputError(f"{where} are no array ({one_line(error)}): give the places of records") from error
    if ids.ndim == 1 and ids.dtype.kind == "b":
        ids = np.flatnonzero(ids)
    if ids.dtype.kind in "iu" and ids.size and ids.min() < 0:
        raise InputError(f"{where} name record {ids.min()}: give the places of records, whole numbers from 0")
    if ids.ndim != 1 or (ids.size and ids.dtype.kind not in "iu"):
        raise InputError(f"{where} are {ids.dtype} {ids.shape}: give the places of records, whole numbers from 0")
    return tuple(np.unique(ids).tolist()) if ids.size else ()


def by_client(records: Mapping[str, Iterable[int]], what: str) -> dict[str, tuple[int, ...]]:
    """Return record ids by client.

    Raises
    ------
    InputError
        If a client has no name, or something else than record ids.
    """
    for client in records:
        require_client(client)
    return {client: to_ids(ids, f"{what} of client {client}") for client, ids in records.items()}


def masked_by(records: Mapping[str, Mapping[str, Iterable[int]]]) -> int | None:
    """Return for how many records each of these has a bool; None where all of them are ids.

    Parameters
    ----------
    records : mapping of str to mapping of str to ids or bools
        By what they are, such as members, and by client.

    Raises
    ------
    InputError
        If they are of different lengths: a shorter one would be read as if it spoke of the first records.
    """
    lengths = {
        length: f"{what} of client {client}"
        for what, by in records.items()
        for client, ids in by.items()
        if (length := _mask_length(ids))
    }
    if len(lengths) > 1:
        (first, one), (second, other) = list(lengths.items())[:2]
        raise InputError(
            f"{one} are bools for {first} records, and {other} for {second}: give one for each training record, or the "
            "places of records"
        )
    return next(iter(lengths), None)


def _mask_length(records: object) -> int | None:
    given: Any = np.asarray(None if isinstance(records, (set, frozenset, range)) else records)
    return int(given.size) if given.ndim == 1 and given.dtype.kind == "b" else None


def versions() -> dict[str, str]:
    """Return the versions of the packages that record."""
    return {name: version(name) for name in VERSIONED}


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a recording.

    Raises
    ------
    InputError
        If there is none, it is damaged, or of another format.
    """
    path = folder / MANIFEST
    require_file(path, "give the folder of a recording")
    try:
        return read_strictly(path, SCHEMA)
    except ValueError as error:
        raise InputError(f"{path} {error}: give the folder of a recording, or copy it again") from error


def read_strictly(path: Path, schema: TypeAdapter[Kind]) -> Kind:
    """Return what a JSON file of a recording holds.

    Raises
    ------
    ValueError
        If it is not there, damaged, or of another format; in words that follow on its name.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"has more than {MOST_BYTES} bytes")
        text = path.read_bytes()
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from error
    return from_json(text, schema)


def from_json(text: bytes, schema: TypeAdapter[Kind]) -> Kind:
    """Return what a text of JSON holds.

    Raises
    ------
    ValueError
        If it is damaged or of another format; in words that follow on its name.
    """
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("is damaged") from None
    if not isinstance(plain, dict):
        raise ValueError("is damaged")
    if (found := plain.get("format")) != FORMAT:
        raise ValueError(f"is of format {found!r}, and this version reads {FORMAT}")
    try:
        return schema.validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"is damaged ({place}: {one_line(ValueError(first['msg']))})") from None


def to_json(kept: Kind, schema: TypeAdapter[Kind]) -> bytes:
    """Return the bytes of a JSON file of a recording."""
    plain: object = schema.dump_python(kept, mode="json")
    return json.dumps(plain, indent=1, allow_nan=False).encode()
