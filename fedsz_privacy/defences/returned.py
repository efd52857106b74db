"""What a release returns, checked each time that it does: a user's own code may say anything."""

from collections.abc import Mapping
from math import inf
from numbers import Real
from typing import Any

from torch import Tensor

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import StateDict, is_finite


def require_sound(returned: Mapping[str, Any], name: str, given: StateDict, place: str) -> None:
    """Raise InputError unless what a release returned can stand for the update that it was given.

    Parameters
    ----------
    returned : mapping of str to anything
        The fields of a `Released`.
    name : str
        The release.
    given : StateDict
        The update that it was given: names, shapes and dtypes stay, and what is finite stays finite.
    place : str
        Where that was, such as " in trial 3".
    """
    _require_kinds(returned["update"], name, given, place)
    if not _is_number(nbytes := returned["nbytes"]) or nbytes == 0:
        raise InputError(f"release {name} sends {nbytes} bytes{place}: give a positive number as nbytes")
    for key in ("encode_seconds", "decode_seconds"):
        if not _is_number(returned[key]):
            raise InputError(f"release {name} takes {returned[key]} {key}{place}: give a number, 0 or more")
    if not isinstance(bounds := returned["bounds"], Mapping):
        raise InputError(f"release {name} reports bounds of type {type(bounds).__name__}{place}: give a dict")
    for tensor, bound in bounds.items():
        if tensor not in given or not _is_number(bound):
            raise InputError(f"release {name} reports the bound {bound} of {tensor}{place}: give one of a tensor's own")
    for key, tensor in given.items():
        if not is_finite(returned["update"][key]) and is_finite(tensor):
            raise InputError(f"release {name} makes {key} not finite{place}: return finite numbers")


def _require_kinds(update: Any, name: str, given: StateDict, place: str) -> None:
    if not isinstance(update, Mapping):
        raise InputError(f"release {name} returns a {type(update).__name__} as the update{place}: return a dict")
    before, after = _kinds(given), _kinds(update)
    if changed := [key for key in {**before, **after} if before.get(key) != after.get(key)]:
        raise InputError(
            f"release {name} changes the names, shapes or dtypes of tensors{place} ({changed[0]}: "
            f"{before.get(changed[0], 'none')} to {after.get(changed[0], 'none')}): keep them"
        )


def _kinds(update: Mapping[str, Any]) -> dict[str, str]:
    """Return what each tensor is, in words."""
    return {name: _kind(value) for name, value in update.items()}


def _kind(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"{value.dtype} {tuple(value.shape)}"
    return f"{getattr(value, 'dtype', type(value).__name__)} {getattr(value, 'shape', 'without a shape')}"


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and 0 <= float(value) < inf
