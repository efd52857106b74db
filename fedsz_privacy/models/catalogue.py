"""Image classifiers by name: small ones that train in bulk, the FedSZ paper's, and a user's own."""

import inspect
from collections.abc import Callable, Mapping
from math import prod
from types import MappingProxyType

import torch
from torch import nn

from fedsz_privacy.core.errors import InputError, unknown
from fedsz_privacy.core.imports import import_callable, require_type
from fedsz_privacy.data.records import Records
from fedsz_privacy.models.paper import PAPER_MODELS
from fedsz_privacy.training.check import check_weights

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


BULK_MODELS = MappingProxyType({"mlp": mlp, "cnn": cnn})
"""Models no layer of which mixes the records of a batch, so that many train at once."""

MODELS: Mapping[str, Callable[..., nn.Module]] = MappingProxyType({**BULK_MODELS, **PAPER_MODELS})
"""Models by name: each makes a module from the shape of an image and the number of classes."""


def build_model(name: str, records: Records, seed: int) -> nn.Module:
    """Return a freshly initialised model; the same seed gives the same weights.

    Parameters
    ----------
    name : str
        A key of `MODELS`, or ``module:factory`` for a factory of the same signature.
    records : Records
        What it is for: the factory gets the shape of one record, a tuple of shapes where a record has several inputs,
        and how many outputs the task asks for.
    seed : int
        Seed of the initial weights.

    Raises
    ------
    InputError
        If there is no model of that name, or it does not take images of that shape.
    """
    factory = import_callable(name) if ":" in name else MODELS.get(name)
    if factory is None:
        raise unknown("model", name, tuple(MODELS), "write module:factory for one of your own")
    shape = records.shape if len(records.inputs) == 1 else records.shapes
    try:
        inspect.signature(factory).bind(shape, records.task.outputs)
    except TypeError as error:
        raise InputError(
            f"{name} cannot be called with the shape of a record and a number of outputs ({error}): make it "
            "factory(shape, outputs)"
        ) from None
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = require_type(nn.Module, factory(shape, records.task.outputs), name)
    check_weights(model, name)
    return model
