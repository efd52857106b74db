"""The check before the work: one prediction and gradient on two records, and one step, before anything is written.

Whatever fails ends in one line that names the model, the layer and the remedy. An error inside a user's own training
function keeps its traceback: by then the model is known to fit the records.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedParameter

from fedsz_privacy.core.errors import InputError, one_line
from fedsz_privacy.core.state import stack_of_one, subtract
from fedsz_privacy.data.records import Records
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.divergence import require_convergence
from fedsz_privacy.training.evaluation import apply
from fedsz_privacy.training.gradients import record_gradients
from fedsz_privacy.training.layers import naming_layers
from fedsz_privacy.training.modes import detached, drawing_from, judge, learner, trainable
from fedsz_privacy.training.own import OwnTraining
from fedsz_privacy.training.rule import TrainingRule
from fedsz_privacy.training.vectorized import SEED

TRIED = 2
"""Records that a model is tried on; batch normalisation needs two."""

WRAPPERS = (nn.DataParallel, nn.parallel.DistributedDataParallel, torch.jit.ScriptModule)


def check_model(model: nn.Module, name: str, records: Records) -> None:
    """Try a model on two records.

    Parameters
    ----------
    model : nn.Module
        The model.
    name : str
        What the user calls it.
    records : Records
        Records that it is for.

    Raises
    ------
    InputError
        If it cannot be copied, does not take the records, gives other outputs
        than the task needs, or its loss or gradients are not finite.
    """
    _check_copy(model, name)
    few = records.part(0, TRIED)
    described = f"records of shape {', '.join(map(str, records.shapes))}"
    with naming_layers(model, name, described), drawing_from(SEED), torch.no_grad():
        judged, learnt = apply(judge(model), few.inputs), apply(learner(model), few.inputs)
    _check_outputs(judged, few, name)
    # Some models return more while they train, such as the outputs of auxiliary classifiers.
    _check_outputs(learnt, few, f"{name} in training mode")
    with naming_layers(model, name, described):
        gradients = record_gradients(model, detached(model), few)
    if not all(bool(tensor.isfinite().all()) for tensor in gradients.values()):
        raise InputError(f"model {name} has gradients that are not finite: scale the records, or initialise it anew")
    if not any(bool(tensor.any()) for tensor in gradients.values()):
        raise InputError(f"no parameter of model {name} has a gradient: let its outputs depend on what trains")


def check_rule(rule: TrainingRule, model: nn.Module, name: str, records: Records) -> None:
    """Take a step of a training rule on as many of the records as the rule needs to be itself.

    Plain training takes a batch: batch normalisation of many layers makes the gradients of two records thousands of
    times longer. A function of a user's own gets all records: to fill batches, to accumulate gradients, to hold some
    out. Other rules take two.

    Raises
    ------
    InputError
        If the rule cannot train the model, leaves it as it was, or leaves numbers that are not finite.
    """
    few = records.part(0, _records_to_try(rule))
    streams, states = [np.random.default_rng(0)], stack_of_one(detached(model))
    batches = rule.draw(np.ones((1, len(few)), bool), streams)[:, :1]
    batches[0, 0, : len(few)] = np.arange(len(few))[: batches.shape[2]]
    trained = rule.train_many(model, Clients(states, few, batches, streams))
    require_convergence(subtract(trained, states), states, 0, rule.remedy)
    if all(torch.equal(trained[each], states[each]) for each in trainable(model).values()):
        raise InputError(f"training left model {name} as it was: train the model that is given, in place")


def _records_to_try(rule: TrainingRule) -> int | None:
    match rule:
        case OwnTraining():
            return None
        case Training(batch_size=size):
            return max(TRIED, size)
        case _:
            return TRIED


def check_weights(model: nn.Module, name: str) -> None:
    """Find out whether a model has weights that can be trained and sent.

    Raises
    ------
    InputError
        If it is a wrapper around a model, has no weights yet or none that train, or its state is no dense tensors.
    """
    if isinstance(model, WRAPPERS) or type(model).__name__ == "OptimizedModule":
        raise InputError(f"model {name} is wrapped in {type(model).__name__}: return the module inside it")
    if lazy := [
        path.rpartition(".")[0]
        for path, parameter in model.named_parameters()
        if isinstance(parameter, UninitializedParameter)
    ]:
        raise InputError(f"layer {lazy[0]} of model {name} has no weights yet: call the model once in its factory")
    for path, parameter in model.named_parameters():
        if parameter.is_meta or parameter.layout != torch.strided or parameter.is_complex():
            raise InputError(
                f"parameter {path} of model {name} is no dense real tensor: use float parameters in memory"
            )
    if scattered := [path for path, layer in model.named_modules() if getattr(layer, "sparse", None) is True]:
        raise InputError(f"layer {scattered[0]} of model {name} has sparse gradients: leave out sparse=True")
    if not trainable(model):
        raise InputError(f"no parameter of model {name} trains: leave requires_grad on for some")
    state: Mapping[str, object] = model.state_dict()
    for path, value in state.items():
        if not isinstance(value, Tensor) or value.layout != torch.strided or value.is_quantized:
            raise InputError(f"{path} in the state of model {name} is no dense tensor: keep it out of state_dict()")


def _check_copy(model: nn.Module, name: str) -> None:
    try:
        deepcopy(model).load_state_dict(model.state_dict())
    except Exception as error:
        raise InputError(
            f"model {name} cannot be copied with its state ({one_line(error)}): keep what it computes out of its "
            "attributes, such as by torch.nn.utils.parametrizations"
        ) from error


def _check_outputs(outputs: Any, records: Records, name: str) -> None:
    task = records.task
    if not isinstance(outputs, Tensor):
        raise InputError(f"model {name} returns a {type(outputs).__name__}: return the outputs alone, as one tensor")
    if not outputs.is_floating_point() or not task.fits(tuple(outputs.shape), tuple(records.targets.shape)):
        raise InputError(
            f"model {name} returns {outputs.dtype} {tuple(outputs.shape)} for {len(records)} records, which task "
            f"{task.name} cannot read: return {task.wants}"
        )
    if not bool(outputs.isfinite().all()):
        raise InputError(f"outputs of model {name} are not finite: scale the records, or initialise it anew")
    _check_wide(outputs, records)
    losses = task.loss(outputs, records.targets)
    if losses.shape != (len(records),) or not bool(losses.isfinite().all()):
        raise InputError(
            f"task {task.name} gives losses {tuple(losses.shape)} of model {name}, or some that are not finite: give "
            "one finite loss for each record"
        )


def _check_wide(outputs: Tensor, records: Records) -> None:
    """Read outputs of 64 bits, as attacks do; class weights, say, may be of 32."""
    task = records.task
    try:
        read = [of(outputs.double(), records.targets) for of in (task.loss, task.confidence)]
    except Exception as error:
        raise InputError(
            f"task {task.name} cannot read outputs of 64 bits ({one_line(error)}): give its own tensors the dtype of "
            "the outputs, as in weight.to(outputs)"
        ) from error
    if any(each.shape != (len(records),) for each in read):
        shapes = " and ".join(str(tuple(each.shape)) for each in read)
        raise InputError(f"task {task.name} gives losses and confidences {shapes}: give one of each for each record")
