r"""The shifted layered quantiser: an error of a given distribution, exactly, and independent of the data.

A density with its peak at 0, such as the Gaussian's, is a mixture of uniform densities. Both ends draw one of them, its
edges *lower* and *upper*, and quantise with dither in cells of that width, shifted to its middle; so the error is
uniform between the edges, and of the whole density once the draw is averaged over. In the *shifted* form the right edge
falls and the left edge rises with the height t in (0, 1), for the density g of peak 1,

.. math:: g(\mathrm{upper}) = t, \qquad g(\mathrm{lower}) = 1 - t,

so no cell is narrower than the one at t = 1/2, and codes are small (Hegazy and Li, Randomized Quantization with Exact
Error Distribution, IEEE ITW 2022; Hegazy, Leluc, Li and Dieuleveut, arXiv 2310.20682; after Wilson's layered multishift
coupling, 2000).

Heights have a density proportional to the width. They are drawn without a loop: z of density g, and a height evenly
below g(z) where z > 0, or above :math:`1 - g(z)` where z < 0.

Sender and receiver take the sign of z and the dither from integers, bit for bit. Edges take logarithms, which two
machines may round differently by a unit in the last place: a decoded value is then off by as much, and never by a cell,
because the cell is the code that was sent.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.random import Generator

from fedsz_privacy.defences.mechanisms.quantiser import Codes, Shared, Values, round_to_codes


class Layers(Protocol):
    """A distribution as a mixture of uniform ones."""

    def edges(self, shared: Shared, /) -> tuple[Values, Values]:
        """Return the lower and upper edges of layers, from three shared numbers a coordinate."""
        ...


@dataclass(frozen=True)
class GaussianLayers:
    """Layers of a Gaussian of mean 0 and standard deviation ``sigma``."""

    sigma: float

    def edges(self, shared: Shared, /) -> tuple[Values, Values]:
        r"""Draw z by Box and Muller's formula, :math:`g(z) = v^{\cos^2 2 \pi a}`, and the edges where g is t."""
        v, angle, share = shared
        height = share * v ** np.cos(2 * np.pi * angle) ** 2
        far, near = np.sqrt(-2 * np.log(height)), np.sqrt(-2 * np.log1p(-height))
        return _edges(self.sigma * far, self.sigma * near, np.abs(angle - 0.5) < 0.25)


@dataclass(frozen=True)
class LaplaceLayers:
    """Layers of a Laplace distribution of mean 0 and scale ``scale``."""

    scale: float

    def edges(self, shared: Shared, /) -> tuple[Values, Values]:
        """Draw z by its inverse distribution function, so that g(z) is uniform itself, and the edges where g is t."""
        v, sign, share = shared
        height = share * v
        return _edges(-self.scale * np.log(height), -self.scale * np.log1p(-height), sign < 0.5)


@dataclass(frozen=True)
class Layered:
    """The shifted layered quantiser of a distribution."""

    layers: Layers

    @property
    def draws(self) -> int:
        """Three for the layer, one for the dither."""
        return 4

    def encode(self, values: Values, shared: Shared, _: Generator, /) -> Codes:
        """Return the cells that dithered values lie in, each in cells of its own width."""
        lower, upper = self.layers.edges(shared[:3])
        return round_to_codes(values / (upper - lower) + shared[3] - 0.5)

    def decode(self, codes: Codes, shared: Shared, /) -> Values:
        """Return the middles of cells, less the dither, shifted to the middle of the layer."""
        lower, upper = self.layers.edges(shared[:3])
        values: Values = (codes - (shared[3] - 0.5)) * (upper - lower) + (upper + lower) / 2
        return values


def _edges(
    far: Values, near: Values, negative: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
) -> tuple[Values, Values]:
    """Return the edges of layers whose height lies below g(z) on the side of z: the far edge is on that side."""
    return np.where(negative, -far, -near), np.where(negative, near, far)
