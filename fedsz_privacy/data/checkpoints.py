"""State dicts from files, without running anything that a file asks for."""

import pickle
import warnings
from pathlib import Path
from zipfile import BadZipFile, ZipFile, is_zipfile

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from fedsz_privacy.core.errors import InputError, one_line
from fedsz_privacy.core.files import require_file

MOST_EXPANSION = 10
"""Most bytes that a checkpoint's tensors may lay out, in multiples of its own size: tied weights count each time."""

DAMAGED = (
    RuntimeError, EOFError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError, MemoryError, BadZipFile
)  # fmt: skip
"""What PyTorch's reader makes of a file that is no checkpoint."""


def load_checkpoint(path: Path) -> dict[str, Tensor]:
    """Return the state dict that a file holds, on the CPU.

    Parameters
    ----------
    path : Path
        A ``.safetensors`` file, or whatever ``torch.save`` wrote of a state dict. The latter is read with
        ``weights_only=True``, so that no code in it runs.

    Returns
    -------
    dict of str to Tensor
        Tensors by name, in the file's order, without gradients.

    Raises
    ------
    InputError
        If there is no such file, it is damaged, it would need pickle to run code, it holds something else than
        tensors by name, or these are far larger than the file, as expanded ones can be.
    """
    return as_state(read_checkpoint(path), path)


def read_checkpoint(path: Path) -> object:
    """Return what a file holds, a state dict or something else, without running what it asks for.

    Raises
    ------
    InputError
        If there is no such file, it is damaged, or it would need pickle to run code.
    """
    require_file(path, "give a .safetensors file or a state dict saved by torch.save")
    return _read_safetensors(path) if path.suffix == ".safetensors" else _read_torch(path)


def as_state(held: object, path: Path) -> dict[str, Tensor]:
    """Return what a file holds, known to be a state dict.

    Raises
    ------
    InputError
        If it is none, or its tensors are far larger than the file, as expanded ones can be.
    """
    if not isinstance(held, dict) or not held:
        raise InputError(f"{path} holds no state dict: save model.state_dict()")
    if other := [str(name) for name, value in held.items() if not (isinstance(name, str) and _is_dense(value))]:
        raise InputError(f"{path} holds more than dense tensors by name ({_few(other)}): save model.state_dict() alone")
    _require_small(sum(tensor.nbytes for tensor in held.values()), path)
    return {name: tensor.detach() for name, tensor in held.items()}


def _require_small(needed: int, path: Path) -> None:
    if needed > MOST_EXPANSION * (size := path.stat().st_size):
        raise InputError(
            f"{path} of {size} bytes needs {needed} bytes: save contiguous tensors by torch.save or as .safetensors"
        )


def _read_safetensors(path: Path) -> object:
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path} is no safetensors file ({one_line(error)}): save it again") from error


def _read_torch(path: Path) -> object:
    try:
        if is_zipfile(path):
            with ZipFile(path) as archive:
                _require_small(sum(entry.file_size for entry in archive.infolist()), path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except InputError:
        raise
    except pickle.UnpicklingError as error:
        raise InputError(
            f"{path} is no state dict that can be read without running its code: save model.state_dict(), or use "
            ".safetensors"
        ) from error
    except (*DAMAGED, OSError) as error:
        # What PyTorch says of it names its own insides: an opcode, or a module of its.
        raise InputError(
            f"{path} is no checkpoint that torch.save wrote: give a .safetensors or .npz file, or save it again"
        ) from error


def _is_dense(value: object) -> bool:
    if not isinstance(value, Tensor) or value.layout != torch.strided:
        return False
    return not (value.is_quantized or value.is_meta or value.is_nested)


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
