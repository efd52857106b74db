"""Small image classifiers that train in bulk: no layer mixes the records of a batch."""

from collections.abc import Callable, Mapping
from math import prod
from types import MappingProxyType

import torch
from torch import nn

from fedsz_privacy.errors import unknown

Shape = tuple[int, int, int]
"""Channels, height and width of an image."""


def mlp(shape: Shape, classes: int) -> nn.Module:
    """Return a perceptron with two hidden layers of 256 units."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(prod(shape), 256),
        nn.ReLU(),
        nn.Linear(256, 256),
        nn.ReLU(),
        nn.Linear(256, classes),
    )


def cnn(shape: Shape, classes: int) -> nn.Module:
    """Return a convolutional network with group normalisation, for images of 8x8 and more."""
    return nn.Sequential(
        nn.Conv2d(shape[0], 32, 3, padding=1),
        nn.GroupNorm(8, 32),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, stride=2, padding=1),
        nn.GroupNorm(8, 64),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(4),
        nn.Flatten(),
        nn.Linear(64 * 16, 128),
        nn.ReLU(),
        nn.Linear(128, classes),
    )


MODELS: Mapping[str, Callable[[Shape, int], nn.Module]] = MappingProxyType({"mlp": mlp, "cnn": cnn})
"""Models by name: each makes a module from the shape of an image and the number of classes."""


def build_model(name: str, shape: Shape, classes: int, seed: int) -> nn.Module:
    """Return a freshly initialised model; the same seed gives the same weights.

    Raises
    ------
    InputError
        If there is no model of that name.
    """
    if name not in MODELS:
        raise unknown("model", name, tuple(MODELS), "see the README for what they are")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return MODELS[name](shape, classes)
