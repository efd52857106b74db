"""Safetensors files of states that may be larger than memory: read, and written, one tensor at a time."""

import json
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from fedsz_privacy.codec.arrays import to_bytes
from fedsz_privacy.codec.header import Entry
from fedsz_privacy.core.errors import InputError, one_line
from fedsz_privacy.core.files import open_atomically, require_file

LENGTH = struct.Struct("<Q")
ALIGNMENT = 8

SAFETENSORS_DTYPES: Mapping[torch.dtype, str] = MappingProxyType(
    {
        torch.float32: "F32", torch.float64: "F64", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64",
        torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL",
        torch.complex64: "C64", torch.uint16: "U16", torch.uint32: "U32", torch.uint64: "U64",
    }
)  # fmt: skip
"""What the format calls a dtype; it has no name for complex128."""


@dataclass(frozen=True)
class LazyState(Mapping[str, Tensor]):
    """A safetensors file as a state: each tensor is read when it is asked for, and kept by nobody else.

    Parameters
    ----------
    path : Path
        The file, which must not change meanwhile.

    Raises
    ------
    InputError
        If there is no such file, or it is damaged.
    """

    path: Path

    def __post_init__(self) -> None:
        require_file(self.path, "give a .safetensors file")
        len(self)

    def __getitem__(self, name: str) -> Tensor:
        with self._open() as file:
            if name not in file.keys():  # noqa: SIM118  # not a mapping
                raise KeyError(name)
            tensor: Tensor = file.get_tensor(name)
            return tensor

    def __iter__(self) -> Iterator[str]:
        with self._open() as file:
            return iter(file.offset_keys())

    def __len__(self) -> int:
        with self._open() as file:
            return len(file.keys())

    def _open(self) -> Any:
        # Opened again for each tensor: what was read before is mapped no longer, and counts as memory no longer.
        try:
            return safe_open(self.path, framework="pt")
        except (SafetensorError, OSError) as error:
            raise InputError(f"{self.path} is no safetensors file ({one_line(error)}): save it again") from error


def write_safetensors(entries: Iterable[Entry], tensors: Iterable[tuple[str, Tensor]], path: Path) -> None:
    """Write a safetensors file of tensors that come one by one.

    Parameters
    ----------
    entries : iterable of Entry
        Names, dtypes and shapes of all tensors in their order, such as the entries of a frame's header.
    tensors : iterable of (str, Tensor)
        The tensors themselves in that order, such as `FedSZ.decode_from` returns.
    path : Path
        The file is there when all is written, and not before.

    Raises
    ------
    InputError
        If the format has no such dtype, or the file cannot be written.
    ValueError
        If the tensors are not what the entries say.
    """
    announced = tuple(entries)
    head = _header(announced)
    with open_atomically(path) as file:
        file.write(LENGTH.pack(len(head)) + head)
        for entry, (name, tensor) in zip(announced, tensors, strict=True):
            if (name, tensor.dtype, tuple(tensor.shape)) != (entry.name, entry.dtype, entry.shape):
                raise ValueError(f"tensor {name!r} is not the {entry.name!r} that was announced")
            file.write(to_bytes(tensor))


def _header(entries: tuple[Entry, ...]) -> bytes:
    fields, end = {}, 0
    for entry in entries:
        if entry.dtype not in SAFETENSORS_DTYPES or entry.name == "__metadata__":
            raise InputError(f"a safetensors file cannot hold {entry.name!r} of {entry.dtype}: leave it out")
        start, end = end, end + entry.nbytes
        fields[entry.name] = {
            "dtype": SAFETENSORS_DTYPES[entry.dtype],
            "shape": entry.shape,
            "data_offsets": (start, end),
        }
    head = json.dumps(fields, ensure_ascii=False).encode()
    return head + b" " * (-len(head) % ALIGNMENT)
