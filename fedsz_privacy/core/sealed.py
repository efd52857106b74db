"""Files of tensors that say what they hold, under a checksum of every byte: safetensors with one entry of metadata."""

import json
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, TypeVar

from safetensors import SafetensorError

Kept = TypeVar("Kept")

FORMAT = 1
"""Version of what a file says and holds; one of another version counts as not there."""

ENTRY = "sealed"
BLANK = b"0" * 64
_CHECKSUM = re.compile(rb'\\"sha256\\": \\"([0-9a-f]{64})\\"')
_HEAD = 256
"""Bytes of a file within which its checksum stands: metadata comes first, and the checksum first in it."""


def seal(save: Callable[[dict[str, str]], bytes], about: Mapping[str, object]) -> bytes:
    """Return the bytes of a file of tensors.

    Parameters
    ----------
    save : callable
        Serializes the tensors as safetensors, with the metadata that it is given.
    about : mapping of str to object
        What the file is to say of itself, as plain values.
    """
    blank = save({ENTRY: json.dumps({"sha256": BLANK.decode(), "format": FORMAT, **about})})
    found = _CHECKSUM.search(blank, 0, _HEAD)
    assert found is not None
    return blank[: found.start(1)] + _checksum(blank, found) + blank[found.end(1) :]


def unseal(
    load: Callable[[bytes], Mapping[str, Kept]], data: bytes, expected: Mapping[str, object]
) -> tuple[dict[str, Any], Mapping[str, Kept]]:
    """Return what a sealed file says of itself, and its tensors.

    Parameters
    ----------
    load : callable
        Reads tensors from safetensors.
    data : bytes
        The file.
    expected : mapping of str to object
        What it must say.

    Raises
    ------
    ValueError
        If a byte has changed, or it says otherwise; in words that follow on the name of the file.
    """
    found = _CHECKSUM.search(data, 0, _HEAD)
    if found is None or _checksum(data, found) != found[1]:
        raise ValueError("is damaged")
    try:
        tensors = load(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        about: dict[str, Any] = json.loads(header["__metadata__"][ENTRY])
    except (SafetensorError, ValueError, LookupError, RecursionError):
        raise ValueError("is damaged") from None
    for name, value in {"format": FORMAT, **expected}.items():
        if about.get(name) != value:
            raise ValueError(f"is of another {name}")
    return about, tensors


def _checksum(data: bytes, found: re.Match[bytes]) -> bytes:
    """Return the SHA-256 of a file with zeros in the place of its checksum."""
    whole, view = sha256(), memoryview(data)
    for part in (view[: found.start(1)], BLANK, view[found.end(1) :]):
        whole.update(part)
    return whole.hexdigest().encode()
