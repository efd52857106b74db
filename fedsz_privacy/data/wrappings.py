"""States of a model in whatever they were saved: training checkpoints, wrapped models, Flower's lists of arrays."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.data.archives import find_names, read_arrays
from fedsz_privacy.data.checkpoints import as_state, read_checkpoint

CONTAINERS = ("model_state_dict", "state_dict", "model")
"""Keys under which training checkpoints hold the state of the model."""

WRAPPERS = ("module", "_module", "_orig_mod")
"""What DistributedDataParallel, Opacus and torch.compile put into the names of a state."""

PLACED = re.compile(r"arr_(\d+)")


def read_state(path: Path) -> dict[str, Tensor]:
    """Return the state that a file holds, under the names that it has there.

    Parameters
    ----------
    path : Path
        A ``.safetensors`` file; a state dict saved by ``torch.save``, or a checkpoint that holds one under a key of
        `CONTAINERS`; or an ``.npz`` file of arrays. No pickle in any of them is run.

    Raises
    ------
    InputError
        If the file cannot be read, or holds no state.
    """
    if path.suffix == ".npz":
        arrays = read_arrays(path, lambda _: None, find_names(path))
        if not arrays:
            raise InputError(f"{path} holds no arrays: save some by numpy.savez")
        return _tensors(arrays.items(), path)
    held = read_checkpoint(path)
    if isinstance(held, dict):
        held = next((held[key] for key in CONTAINERS if isinstance(held.get(key), dict)), held)
    return as_state(held, path)


@dataclass(frozen=True)
class Other:
    """What a state is compared with, in words: what it is, and what to do where they differ."""

    name: str
    remedy: str


MODEL = Other("the model", "give the model that it is of")


def load_state(path: Path, like: StateDict, of: Path | None = None) -> dict[str, Tensor]:
    """Return the state of a model that a file holds, under the model's own names, in their order and dtypes.

    Parameters
    ----------
    path : Path
        What `read_state` reads; arrays of an ``.npz`` file may be numbered ``arr_0`` and on in the order of the state,
        as ``numpy.savez(path, *arrays)`` writes Flower's lists.
    like : StateDict
        The state of the model.
    of : Path, optional
        The file that state is of, where it is of no model that is at hand.

    Raises
    ------
    InputError
        If the file cannot be read, or holds the state of another model.
    """
    state = read_state(path)
    numbered = path.suffix == ".npz" and all(PLACED.fullmatch(name) for name in state)
    other = MODEL if of is None else Other(str(of), "give states of one model")
    return fit_state(_in_order(state, like, path) if numbered else state, like, str(path), other)


def fit_state(state: StateDict, like: StateDict, where: str, other: Other = MODEL) -> dict[str, Tensor]:
    """Return a state under the names of a model's own one, in its order and dtypes, as ``load_state_dict`` takes it.

    Names are the same where they differ in parts that wrappers add, such as ``module.``.

    Raises
    ------
    InputError
        If names or shapes are those of another model.
    """
    found = _by_bare_name(state, where)
    names = _by_bare_name(dict(zip(like, like, strict=True)), other.name)
    for missing, of, holder in ((names.keys() - found.keys(), "no", where), (found.keys() - names.keys(), "a", where)):
        if missing:
            raise InputError(f"{holder} has {of} {min(missing) or repr('')}, unlike {other.name}: {other.remedy}")
    fitted = {}
    for bare, name in names.items():
        tensor, own = found[bare], like[name]
        if tensor.shape != own.shape:
            shapes = f"{tuple(tensor.shape)}, and {other.name} {tuple(own.shape)}"
            raise InputError(f"{where} has {name} {shapes}: {other.remedy}")
        fitted[name] = tensor.to(own.dtype)
    return fitted


def _by_bare_name(named: Mapping[str, Any], where: str) -> dict[str, Any]:
    bare = {name: ".".join(part for part in name.split(".") if part not in WRAPPERS) for name in named}
    if twice := [name for name, times in Counter(bare.values()).items() if times > 1]:
        raise InputError(f"{where} has {twice[0]} more than once: save model.state_dict() of the model inside wrappers")
    return {bare[name]: value for name, value in named.items()}


def _in_order(state: StateDict, like: StateDict, path: Path) -> dict[str, Tensor]:
    """Return numbered arrays under a model's names."""
    if len(state) != len(like):
        raise InputError(f"{path} has {len(state)} arrays, and the model {len(like)}: give the model that they are of")
    in_order = (state[f"arr_{place}"] for place in range(len(state)) if f"arr_{place}" in state)
    return dict(zip(like, in_order, strict=False))


def _tensors(arrays: Iterable[tuple[str, NDArray[Any]]], path: Path) -> dict[str, Tensor]:
    tensors = {}
    for name, array in arrays:
        # PyTorch takes arrays of its own dtypes in the machine's byte order.
        native = np.array(array, dtype=array.dtype.newbyteorder("="))
        try:
            tensors[name] = torch.from_numpy(native)
        except TypeError as error:
            raise InputError(f"{path} has {name} of {array.dtype}: save numbers that PyTorch has") from error
    return tensors
