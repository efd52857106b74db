"""Small models of images and of tables that train in bulk."""

from math import prod

from torch import nn

Shape = tuple[int, ...]
"""Shape of one record: channels, height and width of an image, or the columns of a table."""


def mlp(shape: Shape, outputs: int) -> nn.Module:
    """Return a perceptron with two hidden layers of 256 units, for records of any shape."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(prod(shape), 256),
        nn.ReLU(),
        nn.Linear(256, 256),
        nn.ReLU(),
        nn.Linear(256, outputs),
    )


def cnn(shape: Shape, outputs: int) -> nn.Module:
    """Return a convolutional network with group normalisation, for images of 8x8 and more."""
    return nn.Sequential(
        nn.Conv2d(shape[0], 32, 3, padding=1),
        nn.GroupNorm(8, 32),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, stride=2, padding=1),
        nn.GroupNorm(8, 64),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(4),
        nn.Flatten(),
        nn.Linear(64 * 16, 128),
        nn.ReLU(),
        nn.Linear(128, outputs),
    )
