"""Which tensors of a state are compressed lossily: the paper's rule, a rule by shape, and a user's own."""

import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import StateDict

LossyRule: TypeAlias = Callable[[str, Tensor], bool]
"""Whether a tensor of a name may be compressed lossily; the pipeline asks it of large float tensors only."""

NAMED = "weight"
THRESHOLD = 1000
"""Elements up to which a tensor is kept exactly, where nobody says otherwise."""

LEAST_SHARE = 0.5
"""Least share of a state's float bytes that should be lossy for compression to be worth its name."""

CHOOSE = "choose tensors by lossy=, such as FedSZ(bound, lossy=lambda name, tensor: tensor.ndim >= 2)"
LOWER = "its tensors are small, so lower threshold=, such as FedSZ(bound, threshold=0)"


class LossyWarning(UserWarning):
    """Little of a state is compressed lossily: nothing, or less than half of its float bytes."""


def by_name(name: str, _: Tensor) -> bool:
    """Return whether a name contains ``weight``: the rule of the FedSZ paper, for states of PyTorch modules."""
    return NAMED in name


def by_shape(_: str, tensor: Tensor) -> bool:
    """Return whether a tensor has two dimensions or more, as kernels and embeddings have, and biases have not."""
    return tensor.ndim >= 2


def default_rule(state: StateDict) -> LossyRule:
    """Return the paper's rule, or the one by shape for a state in which no name contains ``weight``.

    Such are Flax's ``kernel``, adapters called ``lora_A``, and Flower's lists of arrays, numbered ``0``, ``1``.
    """
    return by_name if any(NAMED in name for name in state) else by_shape


def on_copies(rule: LossyRule) -> LossyRule:
    """Return a user's rule that is given copies of tensors, which it may write into, and says True or False of each."""

    def choose(name: str, tensor: Tensor) -> bool:
        chosen: object = rule(name, tensor.clone())
        if isinstance(chosen, bool | np.bool_) or (isinstance(chosen, Tensor) and chosen.dtype == torch.bool):
            return bool(chosen)
        raise InputError(f"lossy gives a {type(chosen).__name__} for tensor {name!r}: return True or False")

    return choose


def is_eligible(tensor: Tensor, threshold: int) -> bool:
    """Return whether a rule may choose a tensor at all: it is floating point, and has more elements than a number."""
    return tensor.is_floating_point() and tensor.numel() > threshold


def lossy_share(state: StateDict, lossy: Collection[str]) -> float:
    """Return the share of a state's float bytes that is compressed lossily; 1 for a state without any.

    Constant tensors, such as the updates of frozen layers, are not counted, nor exact ones of nothing but NaN: nothing
    in them is to be compressed.

    Parameters
    ----------
    state : StateDict
        The whole state or update.
    lossy : collection of str
        Names of the lossy tensors, such as the keys of `FedSZ.bounds` or of a release's.
    """
    return _share([count(tensor, name in lossy, 0) for name, tensor in state.items()])


@dataclass(frozen=True)
class Shortfall:
    """Too little of a state is lossy: less than `LEAST_SHARE` of its float bytes.

    Attributes
    ----------
    share : float
        The share that is.
    has_large : bool
        Whether tensors are kept exactly that are large enough for a rule to choose; else all of them are too small.
    """

    share: float
    has_large: bool

    def __str__(self) -> str:
        """Return it in one line, with the remedy for who calls `FedSZ`."""
        remedy = CHOOSE if self.has_large else LOWER
        return f"only {self.share:.1%} of the state's float bytes are compressed lossily, all else exactly: {remedy}"


def find_shortfall(state: StateDict, lossy: Collection[str], threshold: int = THRESHOLD) -> Shortfall | None:
    """Return that too little of a state is lossy, or None."""
    return _shortfall([count(tensor, name in lossy, threshold) for name, tensor in state.items()])


@dataclass(frozen=True)
class Count:
    """The float bytes of one tensor that varies, and whether they are lossy or could be; 0 bytes of any other."""

    nbytes: int
    is_lossy: bool
    is_eligible: bool


def count(tensor: Tensor, is_lossy: bool, threshold: int) -> Count:
    """Return what one tensor adds to the share of a state that is lossy."""
    # NaN is no other value than itself, but compares as one.
    varies = tensor.is_floating_point() and _varies(tensor) and (is_lossy or not bool(tensor.isnan().all()))
    return Count(tensor.nbytes if varies else 0, is_lossy, is_eligible(tensor, threshold))


def warn_of_shortfall(state: StateDict, lossy: Collection[str], threshold: int) -> None:
    """Warn by a `LossyWarning` if too little of a state is lossy, as `find_shortfall` says."""
    counts = [count(tensor, name in lossy, threshold) for name, tensor in state.items()]
    warn_by_counts(counts)


def warn_by_counts(counts: Sequence[Count]) -> None:
    """Warn by a `LossyWarning` if too little of the counted tensors is lossy."""
    if shortfall := _shortfall(counts):
        # Five up is whoever called a method of `FedSZ`: between lie this, `warn_of_shortfall` or `write_frame`, what
        # the methods share, and the method.
        warnings.warn(LossyWarning(shortfall), stacklevel=5)


def _share(counts: Sequence[Count]) -> float:
    total = sum(each.nbytes for each in counts)
    return sum(each.nbytes for each in counts if each.is_lossy) / total if total else 1.0


def _shortfall(counts: Sequence[Count]) -> Shortfall | None:
    if (share := _share(counts)) >= LEAST_SHARE:
        return None
    return Shortfall(share, any(each.nbytes and each.is_eligible and not each.is_lossy for each in counts))


@contextmanager
def without_lossy_warnings() -> Iterator[None]:
    """Silence every `LossyWarning`, for code that compresses again and again and says once itself what is lossy."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LossyWarning)
        yield


def _varies(tensor: Tensor) -> bool:
    if not tensor.numel():
        return False
    first, last = tensor[(0,) * tensor.ndim], tensor[(-1,) * tensor.ndim]
    # Nearly always the ends tell, without a look at all between.
    return bool(first != last) or bool((tensor != first).any())
