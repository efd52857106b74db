"""Which models DP-SGD has no guarantee for: those that carry records past the clipping."""

import torch
from torch import Tensor, nn

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.data.records import Records
from fedsz_privacy.training.evaluation import TRIED, apply
from fedsz_privacy.training.modes import drawing_from, learner
from fedsz_privacy.training.vectorized import SEED


def refuse_unless_private(model: nn.Module) -> None:
    """Raise an InputError that names the layer if a model has one that DP-SGD has no guarantee for.

    Batch statistics carry records past the clipping, and so do embeddings that rescale the rows they look up.
    """
    for name, layer in model.named_modules():
        if isinstance(layer, nn.modules.batchnorm._NormBase) and (
            isinstance(layer, nn.modules.batchnorm._BatchNorm) or layer.track_running_stats
        ):
            raise InputError(
                f"layer {name} ({type(layer).__name__}) keeps batch statistics, which are not private: use nn.GroupNorm"
            )
        if isinstance(layer, nn.Embedding | nn.EmbeddingBag) and layer.max_norm is not None:
            raise InputError(
                f"layer {name} ({type(layer).__name__}) rescales the rows that records look up, which is not private: "
                "leave max_norm out"
            )


def refuse_buffers_that_move(model: nn.Module, records: Records) -> None:
    """Raise an InputError that names the tensor if a forward pass changes one: it would leave without noise.

    That takes one pass of a few records through a copy, so it is looked at before every training.
    """
    copy = learner(model)
    tensors = {**dict(copy.named_parameters()), **dict(copy.named_buffers())}
    before = {name: tensor.detach().clone() for name, tensor in tensors.items()}
    with torch.no_grad(), drawing_from(SEED):
        apply(copy, records.part(0, TRIED).inputs)
    for name, tensor in {**dict(copy.named_parameters()), **dict(copy.named_buffers())}.items():
        if not _is_same(tensor, before[name]):
            raise InputError(f"{name} changes when records pass, which is not private: train without it")


def _is_same(after: Tensor, before: Tensor) -> bool:
    """Return whether two tensors hold the same numbers, nan where the other has nan."""
    return after.shape == before.shape and bool(((after == before) | (after.isnan() & before.isnan())).all())
