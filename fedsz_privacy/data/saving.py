"""States into files that `fedsz_privacy.data.wrappings.read_state` reads, from tensors that come one by one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias
from zipfile import ZipFile

import torch
from numpy.lib import format as npy
from torch import Tensor

from fedsz_privacy.codec.header import Entry
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.files import open_atomically
from fedsz_privacy.data.lazy_states import write_safetensors

Tensors: TypeAlias = Iterable[tuple[str, Tensor]]


def write_state(entries: Sequence[Entry], tensors: Tensors, path: Path) -> None:
    """Write a state in the format that the suffix of its file stands for, one of `WRITERS`.

    Into ``.safetensors`` and ``.npz`` tensors are written one by one; PyTorch's format needs all of them in memory.

    Parameters
    ----------
    entries : sequence of Entry
        Names, dtypes and shapes of all tensors in their order.
    tensors : iterable of (str, Tensor)
        The tensors themselves in that order, on the CPU.
    path : Path
        The file is there when all is written, and not before.

    Raises
    ------
    InputError
        If the suffix is none of them, the format cannot hold one of the tensors, or the file cannot be written.
    """
    require_format(path)
    WRITERS[path.suffix](entries, tensors, path)


def require_format(path: Path) -> None:
    """Raise InputError unless a path has a suffix of `WRITERS`."""
    if path.suffix not in WRITERS:
        raise InputError(f"{path} has no suffix of a format that states are saved in: choose {', '.join(WRITERS)}")


def _write_arrays(entries: Sequence[Entry], tensors: Tensors, path: Path) -> None:
    for entry in entries:
        if entry.dtype == torch.bfloat16 or "\0" in entry.name:
            raise InputError(f"{path} cannot hold {entry.name!r} of {entry.dtype}: choose .safetensors or .pt")
    with open_atomically(path) as file, ZipFile(file, "w") as archive:
        for name, tensor in tensors:
            with archive.open(f"{name}.npy", "w", force_zip64=True) as part:
                npy.write_array(part, tensor.numpy(), allow_pickle=False)


def _write_torch(_: Sequence[Entry], tensors: Tensors, path: Path) -> None:
    # PyTorch's writer hides what the system says of a full disk.
    content = BytesIO()
    torch.save(dict(tensors), content)
    with open_atomically(path) as file:
        file.write(content.getbuffer())


WRITERS: Mapping[str, Callable[[Sequence[Entry], Tensors, Path], None]] = MappingProxyType(
    {".safetensors": write_safetensors, ".npz": _write_arrays, ".pt": _write_torch, ".pth": _write_torch}
)
"""What writes a state, by the suffix of its file."""
