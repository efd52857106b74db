"""Attacks' scores of a default audit's size, over what any attack must at least do: sort them."""

from collections.abc import Callable

import numpy as np

from attacks import LIRA, get_signal
from attacks.signals import Signal

OBSERVED = np.random.default_rng(0).normal(size=(128, 200))
MEMBERSHIP = np.random.default_rng(1).random((128, 200)) < 0.5


def scored(signal: Signal) -> object:
    return [signal.calibrate(OBSERVED, MEMBERSHIP) for _ in range(10)]


def ordered() -> object:
    return [np.argsort(OBSERVED, axis=None) for _ in range(10)]


def test_lira_over_sorting(compare: Callable[..., None]) -> None:
    compare(lambda: scored(LIRA), ordered)


def test_rmia_over_sorting(compare: Callable[..., None]) -> None:
    compare(lambda: scored(get_signal("rmia")), ordered)
