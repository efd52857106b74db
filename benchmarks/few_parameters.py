"""Models of few parameters, for benchmarks in which noise on every parameter must leave something of the rest."""

from math import prod

from torch import nn


def linear(shape: tuple[int, ...], outputs: int) -> nn.Module:
    """Return softmax regression for records of any shape."""
    return nn.Sequential(nn.Flatten(), nn.Linear(prod(shape), outputs))


def perceptron(shape: tuple[int, ...], outputs: int) -> nn.Module:
    """Return a perceptron with one hidden layer of 32 units, for records of any shape."""
    return nn.Sequential(nn.Flatten(), nn.Linear(prod(shape), 32), nn.ReLU(), nn.Linear(32, outputs))
