"""The steps of plain training, for one client by PyTorch's own loop and for many clients as one.

A client is a row of batches, so the clients of a federated round and the trials of a membership game are the same thing
here. All rows take each step together through ``torch.func`` where the model can do that, and one after another where
it cannot.
"""

from typing import Protocol

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call, grad

from fedsz_privacy.core.state import StateDict, concatenate, stack, stack_of_one
from fedsz_privacy.data.records import Records
from fedsz_privacy.training.batches import ABSENT
from fedsz_privacy.training.canary_sums import NO_CANARIES, add_drawn, count_canaries
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.evaluation import TRIED, apply, in_precision
from fedsz_privacy.training.modes import detached, learner, merge, seeded, split, trainable
from fedsz_privacy.training.names import Optimizer
from fedsz_privacy.training.one_by_one import train_each
from fedsz_privacy.training.optimizers import OptimizerState, build, step_many
from fedsz_privacy.training.vectorized import Computation, convolves, for_each, moved, vectorizes
from fedsz_privacy.training.watching import Watch, Watched, watch_nothing


class Settings(Protocol):
    """What the steps of a rule need to know of it."""

    @property
    def learning_rate(self) -> float:
        """Step size."""
        ...

    @property
    def optimizer(self) -> Optimizer:
        """How gradients become steps."""
        ...

    @property
    def weight_decay(self) -> float:
        """As PyTorch's optimisers have it."""
        ...


def train_clients(model: nn.Module, clients: Clients, settings: Settings, watch: Watch, canaries: StateDict) -> Watched:
    """Train every client from its state, at once if the model can be.

    Parameters
    ----------
    model : nn.Module
        The architecture; its own weights are not read.
    clients : Clients
        Their generators seed what torch draws for each.
    settings : Settings
        How the rule steps.
    watch : Watch
        What to keep of each step.
    canaries : StateDict
        What each canary adds to the sum of gradients, each tensor of shape (canaries, ...); empty for none.

    Returns
    -------
    Watched
        The trained parameters and buffers.
    """
    # One client gains nothing from being computed as many.
    if len(clients.batches) > 1 and trains_at_once(model, clients.records):
        return _train_at_once(model, clients, settings, watch, canaries)
    return _train_one_by_one(model, clients, settings, watch, canaries)


def train_alone(
    model: nn.Module,
    records: Records,
    batches: NDArray[np.int64],
    settings: Settings,
    generator: Generator,
    watch: Watch = watch_nothing,
    canaries: StateDict = NO_CANARIES,
) -> list[StateDict]:
    """Train one client's model in place, of any kind, batch statistics, dropout and all; return what was watched.

    Batch normalisation cannot learn from a batch of one record, so a model that has it skips those.
    """
    model.train()
    parameters = {name: model.get_parameter(name) for name in dict.fromkeys(trainable(model).values())}
    optimizer = build(settings.optimizer, parameters.values(), settings.learning_rate, settings.weight_decay)
    least = 2 if any(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in model.modules()) else 1
    still, kept = {name: torch.zeros_like(tensor) for name, tensor in parameters.items()}, []
    with seeded(generator):
        for step in batches:
            drawn = step[(step != ABSENT) & (step < len(records))]
            others = count_canaries(step[None], len(records), canaries)
            if len(drawn) < least and not others.any():
                kept.append(watch(stack_of_one(detached(model)), stack_of_one(still)))
                continue
            optimizer.zero_grad()
            if len(drawn) >= least:
                part = records.select(drawn)
                torch.autograd.backward(part.task.loss(apply(model, part.inputs), part.targets).mean())
            if canaries:
                _join(parameters, canaries, others, len(drawn))
            gradients = {name: still[name] if p.grad is None else p.grad for name, p in parameters.items()}
            optimizer.step()
            kept.append(watch(stack_of_one(detached(model)), stack_of_one(gradients)))
    return kept


def trains_at_once(model: nn.Module, records: Records) -> bool:
    """Return whether many clients of a model can train at once: one layer never mixes records, draws or remembers."""
    if convolves(model):
        return False
    few = records.part(0, TRIED)
    states = stack([detached(model), moved(model)])
    # Full batches beside smaller and empty ones, and steps after those: what is remembered of them shows.
    batches = np.array([[[0, 1], [2, 3], [1, 0]], [[0, ABSENT], [ABSENT, ABSENT], [1, 2]]])
    batches = np.where(batches == ABSENT, ABSENT, batches % len(few))
    clients, settings = Clients(states, few, batches, [np.random.default_rng(row) for row in range(2)]), _Trial()
    return vectorizes(
        model,
        Computation.TRAINING,
        lambda: _train_at_once(model, clients, settings, watch_nothing, NO_CANARIES).states,
        lambda: _train_one_by_one(model, clients, settings, watch_nothing, NO_CANARIES).states,
    )


class _Trial:
    """Settings that a model is tried with: with decay, which moves no parameter that the loss does not depend on."""

    learning_rate, optimizer, weight_decay = 0.1, Optimizer.SGD, 0.1


def _join(parameters: dict[str, nn.Parameter], canaries: StateDict, others: Tensor, drawn: int) -> None:
    """Make each gradient, the mean over the records drawn, the mean over records and canaries."""
    together = drawn + float(others.sum())
    for name, parameter in parameters.items():
        total = 0 if parameter.grad is None else drawn * parameter.grad
        parameter.grad = (total + add_drawn(others, canaries[name])[0]) / together


def _train_one_by_one(
    model: nn.Module, clients: Clients, settings: Settings, watch: Watch, canaries: StateDict
) -> Watched:
    kept = []

    def train(copy: nn.Module, batches: NDArray[np.int64], generator: Generator) -> None:
        kept.append(train_alone(copy, clients.records, batches, settings, generator, watch, canaries))

    states = train_each(train, model, clients)
    return Watched(states, [concatenate(step) for step in zip(*kept, strict=True)])


def _train_at_once(
    model: nn.Module, clients: Clients, settings: Settings, watch: Watch, canaries: StateDict
) -> Watched:
    copy, starts, records = learner(model), clients.starts, clients.records
    parameters, fixed = split(model, starts)
    inputs = in_precision(model, records.inputs)

    def loss(
        parameters: StateDict,
        fixed: StateDict,
        inputs: tuple[Tensor, ...],
        targets: Tensor,
        present: Tensor,
        count: Tensor,
    ) -> Tensor:
        outputs = functional_call(copy, {**fixed, **parameters}, inputs)
        return (records.task.loss(outputs, targets) * present).sum() / count

    gradient, optimizer_state, kept = for_each(grad(loss)), OptimizerState(), []
    for step in torch.from_numpy(clients.batches).to(records.targets.device).unbind(1):
        present, counted = (step != ABSENT) & (step < len(records)), step != ABSENT
        chosen = torch.where(present, step, ABSENT)
        gradients = gradient(
            parameters,
            fixed,
            tuple(tensor[chosen] for tensor in inputs),
            records.targets[chosen],
            present.float(),
            counted.float().sum(1).clamp(min=1),
        )
        if canaries:
            others = count_canaries(step.cpu().numpy(), len(records), canaries).to(step.device)
            rates = others / counted.sum(1, keepdim=True).clamp(min=1)
            gradients = {name: each + add_drawn(rates, canaries[name]) for name, each in gradients.items()}
        parameters = step_many(
            settings.optimizer,
            parameters,
            gradients,
            optimizer_state,
            counted.any(1),
            settings.learning_rate,
            settings.weight_decay,
        )
        kept.append(watch(merge(model, starts, parameters), gradients))
    return Watched(merge(model, starts, parameters), kept)
