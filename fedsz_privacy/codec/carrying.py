"""Which states and tensors a frame can carry."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.parameter import is_lazy

from fedsz_privacy.codec.header import DTYPES, MAX_DIMENSIONS
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import StateDict


def require_state(state: object) -> None:
    """Raise InputError unless it is a mapping, as a state is."""
    if not isinstance(state, Mapping):
        remedy = "give its state_dict()" if hasattr(state, "state_dict") else "give what model.state_dict() returns"
        raise InputError(f"a {type(state).__name__} is no state: {remedy}")


def carried(state: StateDict) -> dict[str, Tensor]:
    """Return a state's tensors without gradients, subclasses and pending conjugations or negations.

    Raises
    ------
    InputError
        If it is no mapping, a key no string, or a value no tensor that a frame can carry, as one line that names it.
    """
    require_state(state)
    for name, tensor in state.items():
        _require_name(name)
        if obstacle := _find_obstacle(tensor):
            raise InputError(f"tensor {name!r} {obstacle}")
    return {name: _plain(tensor) for name, tensor in state.items()}


def _require_name(name: object) -> None:
    if not isinstance(name, str):
        raise InputError(f"state has the key {name!r}: name every tensor by a string")
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"state has the key {name!r}, which UTF-8 cannot write: choose another name") from error


def _find_obstacle(tensor: object) -> str | None:
    """Return what keeps a value out of a frame, with the remedy, or None."""
    if not isinstance(tensor, Tensor):
        return f"is a {type(tensor).__name__}: encode tensors alone"
    if type(tensor).__torch_dispatch__ is not Tensor.__torch_dispatch__:
        return f"is a {type(tensor).__name__}, which may hold no values of its own: convert it to a torch.Tensor"
    if is_lazy(tensor) or tensor.is_meta:
        return "holds no values yet: run the model once, or load it on the CPU"
    return _find_unknown_form(tensor)


def _find_unknown_form(tensor: Tensor) -> str | None:
    if tensor.dtype not in DTYPES:
        return f"has dtype {tensor.dtype}: convert it, for example to torch.float32"
    if tensor.layout != torch.strided or tensor.is_nested:
        return f"is {'nested' if tensor.is_nested else tensor.layout}, not dense: convert it, for example by to_dense()"
    if tensor.ndim > MAX_DIMENSIONS:
        return f"has {tensor.ndim} dimensions; a frame carries up to {MAX_DIMENSIONS}: reshape it"
    return None


def _plain(tensor: Tensor) -> Tensor:
    plain = tensor.detach()
    return (plain if type(plain) is Tensor else plain.as_subclass(Tensor)).resolve_conj().resolve_neg()
