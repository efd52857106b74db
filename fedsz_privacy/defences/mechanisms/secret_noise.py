"""Clipping and a discrete Gaussian on a lattice, in front of a quantiser whose randomness is shared."""

from collections.abc import Mapping
from itertools import accumulate, pairwise

import numpy as np
from numpy.random import Generator

from fedsz_privacy.defences.lattice import clip_to_lattice, lattice_spacing
from fedsz_privacy.defences.mechanisms.quantiser import Values
from fedsz_privacy.defences.samplers.histogram import add_discrete_gaussian


def add_secret_noise(
    values: Mapping[str, Values], clip: float, sigma: float, generator: Generator
) -> dict[str, Values]:
    """Return all values together clipped onto a lattice, with a discrete Gaussian on each, exactly in floats.

    Parameters
    ----------
    values : mapping of str to float64 array
        Coordinates of every tensor with floats.
    clip : float
        Largest L2 norm of all together.
    sigma : float
        Standard deviation of the noise, in the same unit.
    generator : Generator
        The client's own.
    """
    flat = np.concatenate([np.empty(0), *values.values()])
    spacing = lattice_spacing(clip, sigma, flat.size)
    points = add_discrete_gaussian(clip_to_lattice(flat, clip, spacing), sigma / spacing, generator)
    noised = spacing * points.astype(np.float64)
    ends = pairwise(accumulate((each.size for each in values.values()), initial=0))
    return {name: noised[slice(*each)] for name, each in zip(values, ends, strict=True)}
