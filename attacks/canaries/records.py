"""Canaries: records made to leak, so that a game measures the most vulnerable records beside the average ones.

Leakage averaged over ordinary records hides those that a model has to learn by heart (Aerni, Zhang and Tramèr, CCS
2024). A canary stands for them: the model cannot learn it from other records, so a trace of it is a trace of itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from numpy.random import Generator

from fedsz_privacy.core.errors import InputError, require_at_least
from fedsz_privacy.core.imports import find_part
from fedsz_privacy.data.datasets import Dataset


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
    make: Callable[[Dataset, Generator], Dataset]
    repeats: int = 1

    def __post_init__(self) -> None:
        require_at_least(self, repeats=1)


def mislabel(records: Dataset, generator: Generator) -> Dataset:
    """Return the same images, each under one of the other classes, all of them equally likely.

    Raises
    ------
    InputError
        If there is no other class.
    """
    if records.classes < 2:
        raise InputError(f"classes {records.classes}: choose records of 2 classes or more to mislabel")
    shift = torch.from_numpy(generator.integers(1, records.classes, len(records)))
    return Dataset(records.images, (records.labels + shift) % records.classes, records.classes)


def draw_outliers(records: Dataset, generator: Generator) -> Dataset:
    r"""Return images of uniform noise from 0 to 1, each under a class drawn at random: out of distribution.

    Uniform noise is far from every image :math:`x`, whatever the data: the squared distance is :math:`d / 12 + \|x -
    1/2\|^2` on average over :math:`d` pixels, and concentrates there. Images with their pixels permuted promise less:
    a flat one stays as it was. Noise also tells nothing of the records that it stands in for.
    """
    images = torch.from_numpy(generator.random(records.images.shape, dtype="float32"))
    labels = torch.from_numpy(generator.integers(records.classes, size=len(records)))
    return Dataset(images, labels, records.classes)


MISLABELLED = Canary("mislabelled", mislabel)
"""Ordinary images under a wrong class: the model must learn each against what all others teach it."""

OUTLIER = Canary("outlier", draw_outliers)
"""Images like no other record's."""

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
        If there is no such kind, or the count is not a whole number of 1 or more.
    """
    name, _, number = text.rpartition(":")
    if not name or not (number.isascii() and number.isdecimal() and number.strip("0")):
        raise InputError(f"canaries {text!r}: write a kind and a whole number of 1 or more, such as mislabelled:20")
    return find_part("kind of canary", Canary, name, CANARIES), int(number)
