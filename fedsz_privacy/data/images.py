"""Images: how arrays and pictures become the tensors that a model takes."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fedsz_privacy.core.errors import InputError

CHANNELS = (1, 3)
"""Numbers of channels of grey and of coloured images."""

BEFORE, BEHIND = 1, 3
"""Axes that channels may have in (records, ?, height or width, ?)."""

DARKEST = np.float32(1) / np.float32(255)


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


def find_channels(shape: tuple[int, ...], where: str) -> int:
    """Return the axis of the channels of images of four axes, `BEFORE` the height or `BEHIND` the width.

    They are behind unless only the second axis can be of channels.

    Raises
    ------
    InputError
        If the shape does not say where they are.
    """
    before, behind = (shape[axis] in CHANNELS for axis in (BEFORE, BEHIND))
    if before == behind and (before or shape[BEFORE] < min(shape[2:])):
        raise InputError(
            f"{where} is of shape {shape}, in which channels may be {shape[BEFORE]} or {shape[BEHIND]}: save grey "
            "images as (records, height, width), coloured ones as (records, height, width, 3), higher than 3"
        )
    return BEFORE if before else BEHIND


def require_range(pixels: NDArray[np.float32], where: str) -> None:
    """Refuse images whose every pixel is 0 or 1 of 255: they are bits, taken for bytes.

    Raises
    ------
    InputError
        If the largest pixel is 1 / 255.
    """
    if pixels.max() == DARKEST:
        raise InputError(f"{where} has no pixel above 1 of 255: save bits as such, or numbers from 0 to 255")
