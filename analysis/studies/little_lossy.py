"""What is said before a study of releases that compress little of an update, with the remedy on the command line."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from fedsz_privacy.codec.lossy import Shortfall
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.defences.defence import Defence
from fedsz_privacy.defences.release import Release, find_lossy_shortfall
from fedsz_privacy.training.modes import detached

LOWER = "its tensors are small: lower the threshold, as in --release fedsz:rel=1e-2,threshold=0"

CHOOSE = (
    "to choose tensors, give --release a function of your own, module:function, that returns fedsz(rel=1e-2, lossy=...)"
)


def shortfalls_of(defences: Sequence[Defence], model: nn.Module) -> dict[str, Shortfall]:
    """Return of which defences the release compresses little of an update of a model, by name."""
    update = _like_an_update(model)
    return find_shortfalls({defence.name: defence.release for defence in defences}, update)


def find_shortfalls(releases: Mapping[str, Release], update: StateDict) -> dict[str, Shortfall]:
    """Return which releases compress little of an update, by the name that they are given."""
    found = {name: find_lossy_shortfall(each, update, np.random.default_rng(0)) for name, each in releases.items()}
    return {name: shortfall for name, shortfall in found.items() if shortfall}


def describe_shortfalls(shortfalls: Mapping[str, Shortfall]) -> Iterator[str]:
    """Yield each shortfall once, in one line that names all that have it."""
    for shortfall in dict.fromkeys(shortfalls.values()):
        names = ", ".join(name for name, each in shortfalls.items() if each == shortfall)
        remedy = CHOOSE if shortfall.has_large else LOWER
        yield f"{names}: {_found(shortfall)}: {remedy}"


def _found(shortfall: Shortfall) -> str:
    if shortfall.share == 0:
        return "no tensor is compressed lossily, all are kept exactly"
    return f"only {shortfall.share:.1%} of the update's float bytes are compressed lossily, all else exactly"


def _like_an_update(model: nn.Module) -> dict[str, Tensor]:
    """Return a state in which all floats vary but those of frozen parameters, as in what training sends."""
    draw = torch.Generator().manual_seed(0)
    frozen = {path for path, each in model.named_parameters(remove_duplicate=False) if not each.requires_grad}
    return {
        path: torch.randn(tensor.shape, generator=draw).to(tensor.dtype)
        if tensor.is_floating_point() and path not in frozen
        else torch.zeros(tensor.shape, dtype=tensor.dtype)
        for path, tensor in detached(model).items()
    }
