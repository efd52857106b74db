"""Canaries: records made to leak, so that a game measures the most vulnerable records beside the average ones.

Leakage averaged over ordinary records hides those that a model has to learn by heart (Aerni, Zhang and Tramèr, CCS
2024). A canary stands for them: the model cannot learn it from other records, so a trace of it is a trace of itself.
"""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from types import MappingProxyType

import torch
from numpy.random import Generator
from torch import Tensor

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.imports import find_part, is_users_own
from fedsz_privacy.core.ranges import COUNT, require_in, require_within
from fedsz_privacy.data.checking import require_like
from fedsz_privacy.data.records import Records
from fedsz_privacy.training.isolation import child_seed, isolated


@dataclass(frozen=True)
class Canary:
    """A kind of canary.

    Parameters
    ----------
    name : str
        Name in results, tables and figures.
    make : callable
        Takes ordinary records and a generator, returns as many canaries, of the same shape and classes.
    repeats : int
        How many times a canary is in the target's training data when it is a member. With more than one, what is
        measured is the leakage of a group of so many equal records: epsilon of one record does not bound it, only
        that of group privacy does.

    Raises
    ------
    InputError
        If ``repeats`` is below 1.
    """

    name: str
    make: Callable[[Records, Generator], Records]
    repeats: int = 1

    def __post_init__(self) -> None:
        require_within(self, {"repeats": COUNT})


def make_canaries(canary: Canary, records: Records, generator: Generator) -> Records:
    """Return canaries of a kind, as many as the ordinary records whose copies they are made of.

    Raises
    ------
    InputError
        If they are no records, or of another number, shape, dtype or task, not finite, or have other targets.
    """
    with isolated(child_seed(generator)) if is_users_own(canary.make) else nullcontext():
        made: object = canary.make(records.copied(), generator)
    require_like(made, records, f"canary {canary.name}")
    assert isinstance(made, Records)
    return made.copied()


def mislabel(records: Records, generator: Generator) -> Records:
    """Return the same records, each with a wrong target, as the task makes them: another class, all equally likely.

    Raises
    ------
    InputError
        If there is no other class.
    """
    return replace(records, targets=records.task.mistake(records.targets, generator))


def draw_outliers(records: Records, generator: Generator) -> Records:
    r"""Return records of uniform noise, each with a target drawn at random: out of distribution.

    Images are of noise from 0 to 1. It is far from every image :math:`x`, whatever the data: the squared distance is
    :math:`d / 12 + \|x - 1/2\|^2` on average over :math:`d` pixels, and concentrates there. Images with their pixels
    permuted promise less: a flat one stays as it was. Noise also tells nothing of the records that it stands in for.
    """
    inputs = tuple(_noise_like(tensor, generator) for tensor in records.inputs)
    return Records(inputs, records.task.draw(records.targets, generator), records.task)


def _noise_like(tensor: Tensor, generator: Generator) -> Tensor:
    """Return uniform noise: of images from 0 to 1, of other numbers and of tokens over their range."""
    low, high = (0, 1) if tensor.ndim == 4 else (tensor.min().item(), tensor.max().item())
    if not tensor.is_floating_point():
        return torch.from_numpy(generator.integers(int(low), int(high) + 1, tuple(tensor.shape))).to(tensor.dtype)
    noise = torch.from_numpy(generator.random(tuple(tensor.shape), dtype="float32"))
    # In halves, as a range of 32-bit numbers need not be one.
    return (2 * (low / 2 + (high / 2 - low / 2) * noise)).to(tensor.dtype)


MISLABELLED = Canary("mislabelled", mislabel)
"""Ordinary records under a wrong target: the model must learn each against what all others teach it."""

OUTLIER = Canary("outlier", draw_outliers)
"""Records like no other."""

DUPLICATED = Canary("duplicated", mislabel, repeats=4)
"""Mislabelled records four times over, so that one gradient direction is in the update again and again.

What is measured is the leakage of a group of four records. DP-SGD's epsilon is for one record and does not bound it;
group privacy does, at four times epsilon and a larger delta.
"""

CANARIES: Mapping[str, Canary] = MappingProxyType({each.name: each for each in (MISLABELLED, OUTLIER, DUPLICATED)})
"""Kinds of canary by name."""


def parse_canaries(text: str) -> tuple[Canary, int]:
    """Return the kind of canary that a string names, and how many of it.

    Parameters
    ----------
    text : str
        Such as ``mislabelled:20``, or ``module:NAME:20`` for a `Canary` of one's own.

    Raises
    ------
    InputError
        If there is no such kind, or the count is not a whole number of 1 or more, or absurd.
    """
    name, _, number = text.rpartition(":")
    if not name or not (number.isascii() and number.isdecimal() and number.strip("0")):
        raise InputError(f"canaries {text!r}: write a kind and a whole number of 1 or more, such as mislabelled:20")
    require_in(COUNT, int(number), f"canaries {name}")
    return find_part("kind of canary", Canary, name, CANARIES), int(number)
