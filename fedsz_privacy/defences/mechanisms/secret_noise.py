"""Clipping and a discrete Gaussian on a lattice, for all the floats of an update together."""

from collections.abc import Callable, Mapping
from functools import partial
from itertools import accumulate, pairwise
from typing import TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from fedsz_privacy.defences.lattice import clip_to_lattice, lattice_spacing
from fedsz_privacy.defences.mechanisms.quantiser import Values
from fedsz_privacy.defences.samplers.histogram import add_discrete_gaussian

Noise: TypeAlias = Callable[[NDArray[np.int64], float], NDArray[np.int64]]
"""Adds a discrete Gaussian of that parameter to integers."""


def noised_on_lattice(values: Mapping[str, Values], clip: float, sigma: float, noise: Noise) -> dict[str, Values]:
    """Return all values together clipped onto a lattice, with noise on each, exactly in floats.

    Parameters
    ----------
    values : mapping of str to float64 array
        Coordinates of every tensor with floats; if one is not finite all count as zero.
    clip : float
        Largest L2 norm of all together.
    sigma : float
        Standard deviation of the noise, in the same unit.
    noise : callable
        Adds it to lattice points.
    """
    flat = np.concatenate([np.empty(0), *values.values()])
    spacing = lattice_spacing(clip, sigma, flat.size)
    noised = spacing * noise(clip_to_lattice(flat, clip, spacing), sigma / spacing).astype(np.float64)
    ends = pairwise(accumulate((each.size for each in values.values()), initial=0))
    return {name: noised[slice(*each)] for name, each in zip(values, ends, strict=True)}


def add_secret_noise(
    values: Mapping[str, Values], clip: float, sigma: float, generator: Generator
) -> dict[str, Values]:
    """Return `noised_on_lattice` with noise of the client's own generator, by the fast sampler."""
    return noised_on_lattice(values, clip, sigma, partial(add_discrete_gaussian, generator=generator))
