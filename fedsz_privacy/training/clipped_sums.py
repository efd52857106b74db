"""Sums of clipped gradients: of many clients at once where a model can do that, of one record at a time elsewhere."""

from collections.abc import Callable, Iterable
from functools import reduce

import torch
from torch import Tensor, nn

from fedsz_privacy.core.state import StateDict, length, stack, unstack
from fedsz_privacy.data.records import Records
from fedsz_privacy.training.evaluation import TRIED, in_precision
from fedsz_privacy.training.factored_layers import factored_layers
from fedsz_privacy.training.gradients import records_at_once
from fedsz_privacy.training.modes import detached, learner, split
from fedsz_privacy.training.per_example import (
    PerExampleGradients,
    per_example_gradients,
    per_example_gradients_alone,
)
from fedsz_privacy.training.vectorized import Computation, for_each, moved, vectorizes

Sums = Callable[[StateDict, StateDict, Tensor, Tensor], dict[str, Tensor]]
"""From parameters, fixed tensors, indices and who is present to each client's sum of clipped gradients."""


def trains_privately_at_once(model: nn.Module, records: Records) -> bool:
    """Return whether clipped gradients of many records of many clients can be computed at once."""
    few = records.part(0, TRIED)
    parameters, fixed = split(model, stack([detached(model), moved(model)]))
    drawn = (torch.arange(4).reshape(2, 2) % len(few)).to(records.targets.device)
    present = torch.tensor([[True, True], [True, False]], device=drawn.device)

    def one_by_one() -> dict[str, Tensor]:
        alone = sums_alone(model, few, clip_norm=1.0)
        rows = [
            alone(
                {name: tensor[row : row + 1] for name, tensor in parameters.items()},
                {name: tensor[row : row + 1] for name, tensor in fixed.items()},
                drawn[row : row + 1],
                present[row : row + 1],
            )
            for row in range(2)
        ]
        return {name: torch.cat([each[name] for each in rows]) for name in rows[0]}

    return vectorizes(
        model,
        Computation.PRIVATE_TRAINING,
        lambda: sums_at_once(model, few, clip_norm=1.0)(parameters, fixed, drawn, present),
        one_by_one,
    )


def sums_at_once(model: nn.Module, records: Records, clip_norm: float) -> Sums:
    """Return sums for a stack of clients, all of them and all their records at once."""
    copy, inputs = learner(model), in_precision(model, records.inputs)
    factored = factored_layers(copy, tuple(tensor[:1] for tensor in inputs))

    def clipped_sum(
        parameters: StateDict, fixed: StateDict, inputs: tuple[Tensor, ...], targets: Tensor, present: Tensor
    ) -> dict[str, Tensor]:
        gradients = per_example_gradients(copy, records.task, factored, parameters, fixed, inputs, targets)
        return gradients.clipped_sum(present, clip_norm)

    def sums_of_part(parameters: StateDict, fixed: StateDict, drawn: Tensor, present: Tensor) -> dict[str, Tensor]:
        chosen = tuple(tensor[drawn] for tensor in inputs)
        found: dict[str, Tensor] = for_each(clipped_sum)(parameters, fixed, chosen, records.targets[drawn], present)
        return found

    def sums(parameters: StateDict, fixed: StateDict, drawn: Tensor, present: Tensor) -> dict[str, Tensor]:
        size = sum(tensor.nbytes for name, tensor in parameters.items() if name.rpartition(".")[0] not in factored)
        parts = zip(*(torch.split(tensor, records_at_once(size), dim=1) for tensor in (drawn, present)), strict=True)
        return _total(sums_of_part(parameters, fixed, *part) for part in parts)

    return sums


def sums_alone(model: nn.Module, records: Records, clip_norm: float) -> Sums:
    """Return sums for a stack of one client, one record after another, in a copy of the model."""
    copy = learner(model)
    own = {**dict(copy.named_parameters()), **dict(copy.named_buffers())}

    def sums(parameters: StateDict, fixed: StateDict, drawn: Tensor, present: Tensor) -> dict[str, Tensor]:
        with torch.no_grad():
            for name, tensor in {**fixed, **parameters}.items():
                if name in own:
                    own[name].copy_(tensor[0])
        size = sum(tensor.nbytes for tensor in parameters.values())
        parts = torch.split(drawn[present], records_at_once(size))
        return _total(clipped_sum(records.select(part)) for part in parts)

    def clipped_sum(part: Records) -> dict[str, Tensor]:
        everyone = torch.ones(len(part), dtype=torch.bool, device=part.targets.device)
        found = per_example_gradients_alone(copy, part).clipped_sum(everyone, clip_norm)
        return {name: tensor.unsqueeze(0) for name, tensor in found.items()}

    return sums


def clip_canaries(canaries: StateDict, clip_norm: float) -> dict[str, Tensor]:
    """Return the clipped gradient of each canary, each tensor of shape (canaries, ...).

    They pass through the clipping of records, so that what is wrong with it shows in them.
    """
    alone = [
        PerExampleGradients({}, {}, frozenset(), {name: row[None] for name, row in unstack(canaries, number).items()})
        for number in range(length(canaries))
    ]
    return stack([each.clipped_sum(torch.ones(1, dtype=torch.bool), clip_norm) for each in alone])


def _total(parts: Iterable[dict[str, Tensor]]) -> dict[str, Tensor]:
    return reduce(lambda total, part: {name: each + part[name] for name, each in total.items()}, parts)
