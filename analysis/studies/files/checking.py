"""A frame decoded again and held against what it was made of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.studies.files.given import Given
from fedsz_privacy.codec.arrays import to_bytes
from fedsz_privacy.core.errors import InputError


@dataclass(frozen=True)
class Checked:
    """What decoding showed.

    Attributes
    ----------
    errors : mapping of str to float
        Greatest error of each tensor that came back changed, in its own unit.
    restored : float
        Greatest error of any number of the state that the frame leads to; beside an earlier state the sum is rounded.
    """

    errors: Mapping[str, float]
    restored: float


def check(given: Given, bounds: Mapping[str, float], decoded: Iterable[tuple[str, Tensor]]) -> Checked:
    """Compare what a frame decodes to with what was encoded.

    Parameters
    ----------
    given : Given
        What was compressed.
    bounds : mapping of str to float
        Absolute bound of each lossy tensor; all others must have the same bytes.
    decoded : iterable of (str, Tensor)
        What came back.

    Raises
    ------
    InputError
        If a tensor is further off than its bound.
    """
    errors, restored = {}, 0.0
    for name, tensor in decoded:
        errors[name] = _error(given.sent[name], tensor)
        if name not in bounds and to_bytes(tensor) != to_bytes(given.sent[name]):
            raise InputError(f"tensor {name!r} comes back changed: choose another --lossless, and report this one")
        if errors[name] > bounds.get(name, 0.0):
            raise InputError(
                f"tensor {name!r} comes back {errors[name]:g} off, beyond its bound of {bounds[name]:g}: choose "
                "another --compressor, and report this one"
            )
        restored = max(restored, _error(given.state[name], given.restored(name, tensor)))
    return Checked(errors, restored)


def _error(original: Tensor, decoded: Tensor) -> float:
    """Return the greatest error of any number; infinity if one is finite on one side alone."""
    wide = torch.complex128 if original.is_complex() else torch.float64
    before, after = original.to(wide).flatten(), decoded.to(wide).flatten()
    same = (before == after) | (before.isnan() & after.isnan())
    errors = (after - before).abs().nan_to_num(torch.inf, torch.inf)
    return float(torch.where(same, 0.0, errors).max()) if len(errors) else 0.0
