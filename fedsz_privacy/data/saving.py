"""States into files of the formats that `read_state` reads."""

from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO
from zipfile import ZipFile

import torch
from numpy.lib import format as npy
from safetensors import SafetensorError
from safetensors.torch import save
from torch import Tensor

from fedsz_privacy.core.errors import InputError, one_line
from fedsz_privacy.core.state import StateDict


def write_state(state: StateDict, file: BinaryIO, path: Path) -> None:
    """Write a state in the format that the suffix of a path stands for, one of `WRITERS`.

    Parameters
    ----------
    state : StateDict
        Tensors on the CPU.
    file : binary file
        What is written to.
    path : Path
        The name that the file will have.

    Raises
    ------
    InputError
        If the suffix is none of them, or the format cannot hold one of the tensors.
    """
    require_format(path)
    WRITERS[path.suffix](state, file, path)


def require_format(path: Path) -> None:
    """Raise InputError unless a path has a suffix of `WRITERS`."""
    if path.suffix not in WRITERS:
        raise InputError(f"{path} has no suffix of a format that states are saved in: choose {', '.join(WRITERS)}")


def _write_safetensors(state: StateDict, file: BinaryIO, path: Path) -> None:
    try:
        file.write(save({name: tensor.contiguous() for name, tensor in state.items()}))
    except (SafetensorError, KeyError, ValueError) as error:
        raise InputError(f"{path} cannot hold this state ({one_line(error)}): choose .pt") from error


def _write_arrays(state: StateDict, file: BinaryIO, path: Path) -> None:
    with ZipFile(file, "w") as archive:
        for name, tensor in state.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                npy.write_array(entry, _as_array(name, tensor, path).numpy(), allow_pickle=False)


def _as_array(name: str, tensor: Tensor, path: Path) -> Tensor:
    if "\0" in name:
        raise InputError(f"{path} cannot hold a tensor of the name {name!r}: choose .pt")
    if tensor.dtype == torch.bfloat16:
        raise InputError(f"{path} cannot hold {name!r} of {tensor.dtype}, which NumPy lacks: choose .safetensors")
    return tensor


def _write_torch(state: StateDict, file: BinaryIO, _: Path) -> None:
    # PyTorch hides what the system says of a full disk.
    content = BytesIO()
    torch.save(dict(state), content)
    file.write(content.getbuffer())


WRITERS: Mapping[str, Callable[[StateDict, BinaryIO, Path], None]] = MappingProxyType(
    {
        ".safetensors": _write_safetensors,
        ".npz": _write_arrays,
        ".pt": _write_torch,
        ".pth": _write_torch,
    }
)
"""What writes a state, by the suffix of its file."""
