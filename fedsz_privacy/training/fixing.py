"""What Opacus can train of a model, and a model fixed so that it can.

Its attention with the batch first is not `torch.nn`'s in Opacus up to 1.6: it lays heads over positions (pull request
825). So what replaces attention is compared with it.
"""

from copy import deepcopy
from pickle import PicklingError

import torch
from torch import nn

from fedsz_privacy.core.errors import InputError, one_line
from fedsz_privacy.training.private_models import refuse_unless_private

ROUNDING = 1e-3
"""Greatest difference between outputs of attention that counts as rounding."""


def fix(model: nn.Module) -> nn.Module:
    """Return a copy of a model in which Opacus has replaced the layers that it cannot train privately.

    Batch normalisation becomes group normalisation, recurrent and attention layers become Opacus' own. Names and shapes
    of the state may change, so everybody who takes part must use the fixed model.

    Raises
    ------
    InputError
        If the model cannot be copied, or what would replace a layer of attention gives other outputs.
    """
    from opacus.validators import ModuleValidator

    dtypes = {parameter.dtype for parameter in model.parameters()}
    with torch.random.fork_rng():
        try:
            fixed: nn.Module = ModuleValidator.fix(model)
        except (PicklingError, AttributeError, TypeError) as error:
            raise InputError(
                f"--fix-model pickles the model, which fails ({one_line(error)}): define its classes in a module"
            ) from error
        fixed = fixed.to(dtypes.pop()) if len(dtypes) == 1 else fixed
        for name, layer in model.named_modules():
            if isinstance(layer, nn.MultiheadAttention) and not _attends_alike(layer, fixed.get_submodule(name)):
                raise InputError(
                    f"what Opacus puts in place of {_named(name, layer)} mixes up positions, as the batch is first: "
                    "use dpsgd, which trains the model as it is"
                )
    return fixed


def _attends_alike(layer: nn.MultiheadAttention, other: nn.Module) -> bool:
    asked = [torch.randn(3, 2, width).to(layer.out_proj.weight) for width in (layer.embed_dim, layer.kdim, layer.vdim)]
    with torch.no_grad():
        here, there = (deepcopy(each).eval()(*asked, need_weights=False)[0] for each in (layer, other))
    return torch.allclose(here, there, rtol=0, atol=ROUNDING)


def refuse_unless_opacus_trains(model: nn.Module) -> None:
    """Raise an InputError that names the layer if a model has one that Opacus cannot train privately.

    Opacus overlooks batch statistics of layers without parameters that train, which are as little private as others.
    """
    from opacus.utils.module_utils import trainable_modules
    from opacus.validators import ModuleValidator

    for name, layer in trainable_modules(model):
        if (check := ModuleValidator.VALIDATORS.get(type(layer))) and check(layer):
            raise InputError(f"Opacus cannot train {_named(name, layer)}: give --fix-model, or use another layer")
    refuse_unless_private(model)
    for name, layer in trainable_modules(model):
        if buffers := [buffer for buffer, _ in layer.named_buffers()]:
            raise InputError(
                f"Opacus cannot train {_named(name, layer)} with buffer {buffers[0]}: move the buffer into a layer "
                "that does not train, or use dpsgd"
            )


def _named(name: str, layer: nn.Module) -> str:
    return f"layer {name} ({type(layer).__name__})" if name else f"the model itself ({type(layer).__name__})"
