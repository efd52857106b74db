"""Models so small that a test spends its time on what it is about."""

from math import prod

from torch import nn


def linear(shape: tuple[int, ...], outputs: int) -> nn.Module:
    """Return a linear model of flattened records."""
    return nn.Sequential(nn.Flatten(), nn.Linear(prod(shape), outputs))
