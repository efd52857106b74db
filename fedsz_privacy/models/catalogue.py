"""Models by name: small ones, the FedSZ paper's, and a user's own."""

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from torch import nn

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.imports import import_callable, require_type
from fedsz_privacy.data.records import Records
from fedsz_privacy.data.tasks import next_token
from fedsz_privacy.models.names import require_model
from fedsz_privacy.models.paper import PAPER_MODELS
from fedsz_privacy.models.sequences import lstm, transformer
from fedsz_privacy.models.small import cnn, mlp
from fedsz_privacy.training.check import check_weights
from fedsz_privacy.training.modes import drawing_from

BULK_MODELS = MappingProxyType({"mlp": mlp, "cnn": cnn})
"""Models of numbers, no layer of which mixes the records of a batch, so that many train at once."""

SEQUENCE_MODELS = MappingProxyType({"lstm": lstm, "transformer": transformer})
"""Models of tokens."""

MODELS: Mapping[str, Callable[..., nn.Module]] = MappingProxyType({**BULK_MODELS, **SEQUENCE_MODELS, **PAPER_MODELS})
"""Models by name: each makes a module from the shape of a record and the number of outputs."""


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
        If there is no model of that name, or it does not take such records.
    """
    require_model(name)
    factory = import_callable(name) if ":" in name else MODELS[name]
    if name in MODELS:
        _require_fit(name, records)
    shape = records.shape if len(records.inputs) == 1 else records.shapes
    try:
        inspect.signature(factory).bind(shape, records.task.outputs)
    except TypeError as error:
        raise InputError(
            f"{name} cannot be called with the shape of a record and a number of outputs ({error}): make it "
            "factory(shape, outputs)"
        ) from None
    with drawing_from(seed):
        model = require_type(nn.Module, factory(shape, records.task.outputs), name)
    check_weights(model, name)
    return model


def make_model(path: str, arguments: Mapping[str, Any], seed: int) -> nn.Module:
    """Return what a user's own factory, or class, makes of arguments of its own.

    Parameters
    ----------
    path : str
        Import path.
    arguments : mapping of str to object
        Keyword arguments.
    seed : int
        Seed of the initial weights.

    Raises
    ------
    InputError
        If there is no such factory, it takes other arguments, or makes no model.
    """
    factory = import_callable(path)
    try:
        inspect.signature(factory).bind(**arguments)
    except TypeError as error:
        given = ", ".join(arguments) or "none"
        raise InputError(f"{path} takes other arguments than {given} ({error}): record those that it takes") from None
    with drawing_from(seed):
        model = require_type(nn.Module, factory(**arguments), path)
    check_weights(model, path)
    return model


def _require_fit(name: str, records: Records) -> None:
    """Refuse records that a model of `MODELS` cannot take, each of which has one input."""
    (inputs, *others), task = records.inputs, records.task
    numbers = inputs.is_floating_point() and not others and task != next_token(task.outputs)
    tokens = not inputs.is_floating_point() and not others and inputs.ndim == 2
    if name in SEQUENCE_MODELS:
        fits, wanted = tokens and inputs.ndim == records.targets.ndim, "tokens, (records, length), to continue"
    elif name == "mlp":
        fits, wanted = numbers, "numbers"
    else:
        fits, wanted = numbers and inputs.ndim == 4, "images, (records, channels, height, width)"
    if not fits:
        found = ", ".join(f"{each.dtype} {tuple(each.shape)}" for each in records.inputs)
        raise InputError(f"model {name} takes {wanted}, not {found} for {task.name}: choose another, or module:factory")
