"""Images: how arrays and pictures become the tensors that a model takes."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def channels_first(pixels: NDArray[Any]) -> Tensor:
    """Return images of shape (records, height, width), or with channels behind, with channels before the height."""
    return packed(torch.from_numpy(pixels).reshape(*pixels.shape[:3], -1).permute(0, 3, 1, 2))


def packed(images: Tensor) -> Tensor:
    """Return images with the strides of their shape.

    Of one channel, images count as contiguous either way; vmapped layers ask for these strides.
    """
    return images.clone(memory_format=torch.contiguous_format)


def scaled(pixels: NDArray[Any]) -> NDArray[np.float32]:
    """Return uint8 pixels divided by 255, and floats as they are, in 32 bits."""
    with np.errstate(over="ignore"):
        floats: NDArray[np.float32] = pixels.astype(np.float32)
    return floats / np.float32(255) if pixels.dtype == np.uint8 else floats
