"""The three architectures of the FedSZ paper, from pytorchcv, for images of any size from 32x32, or 64x64 for AlexNet.

pytorchcv fixes the last pooling layer to images of 224x224; an adaptive one gives the same result there and fits the
classifier to smaller images. MobileNetV2 and ResNet50 lie in memory with channels last, which is quicker on a
processor; a step comes to the same but for rounding.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType

import torch
from torch import Tensor, nn

from fedsz_privacy.core.errors import InputError

Shape = tuple[int, int, int]


class RowMajor(nn.Module):
    """Lays images out row by row, as pytorchcv's AlexNet expects them; those of one channel may be otherwise."""

    def forward(self, images: Tensor) -> Tensor:
        """Return the same values in row-major order."""
        return images.contiguous()


def alexnet(shape: Shape, classes: int) -> nn.Module:
    """Return AlexNet (Krizhevsky, 2014), 58 million parameters."""
    model = _build("alexnet", "alexnet", shape, classes, least_side=64)
    _features(model).add_module("fit_pool", nn.Sequential(nn.AdaptiveAvgPool2d(6), RowMajor()))
    return model


def mobilenetv2(shape: Shape, classes: int) -> nn.Module:
    """Return MobileNetV2 (Sandler et al., CVPR 2018), 2.2 million parameters."""
    return _pool_everything(_build("mobilenetv2", "mobilenetv2_w1", shape, classes))


def resnet50(shape: Shape, classes: int) -> nn.Module:
    """Return ResNet50 (He et al., CVPR 2016), 24 million parameters."""
    return _pool_everything(_build("resnet", "resnet50", shape, classes))


PAPER_MODELS: Mapping[str, Callable[[Shape, int], nn.Module]] = MappingProxyType(
    {"alexnet": alexnet, "mobilenetv2": mobilenetv2, "resnet50": resnet50}
)


def _build(module: str, factory: str, shape: Shape, classes: int, least_side: int = 32) -> nn.Module:
    if min(shape[1:]) < least_side:
        size = f"{shape[1]}x{shape[2]}"
        raise InputError(
            f"{module} needs images of {least_side}x{least_side}, not {size}: scale them, by --side or Records.resized"
        )
    try:
        models = import_module(f"pytorchcv.models.{module}")
    except ModuleNotFoundError:
        raise InputError(f"model {factory!r} needs a package: pip install --no-deps pytorchcv") from None
    model: nn.Module = getattr(models, factory)(in_channels=shape[0], in_size=shape[1:], num_classes=classes)
    return model


def _features(model: nn.Module) -> nn.Module:
    return model.get_submodule("features")


def _pool_everything(model: nn.Module) -> nn.Module:
    _features(model).final_pool = nn.AdaptiveAvgPool2d(1)
    laid: nn.Module = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return laid
