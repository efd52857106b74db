"""Rounding to random levels (Youn, Hu, Ziani and Abernethy, arXiv 2306.11913): its draws, and its distributions."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray


@dataclass(frozen=True)
class RandomLevels:
    r"""Levels 0 to m - 1, evenly spaced around 0, with -c and c among them.

    For each number anew, the first and the last level are kept, and each other one with probability q. A number in
    [-c, c] goes to one of the two kept levels around it, so drawn that its mean stays.

    Parameters
    ----------
    clip : float
        c, in the update's own unit.
    levels : int
        m.
    keep : float
        q.
    beyond : int
        Levels above c, and as many below -c. The paper has a width :math:`\Delta` beyond c instead, which is this many
        steps; c is then a level, as `worst_pair` needs it.
    """

    clip: float
    levels: int
    keep: float
    beyond: int

    @property
    def step(self) -> float:
        """Distance of two levels."""
        return 2 * self.clip / (self.levels - 1 - 2 * self.beyond)

    def draw(self, values: NDArray[np.floating], generator: Generator) -> NDArray[np.int64]:
        """Return a level for each value, after clipping."""
        places = self._places(values)
        under = self._under(places)
        low = np.maximum(under + 1 - generator.geometric(self.keep, places.shape), 0)
        high = np.minimum(under + generator.geometric(self.keep, places.shape), self.levels - 1)
        drawn: NDArray[np.int64] = np.where(generator.random(places.shape) < (places - low) / (high - low), high, low)
        return drawn

    def values(self, codes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the values of levels."""
        return self.step * (codes.astype(np.float64) - (self.levels - 1) / 2)

    def masses(self, value: float) -> NDArray[np.float64]:
        """Return the probability of each level for one value, shape (levels,).

        A level below the value is its lower neighbour if it is kept and none between is, and likewise above; the value
        goes up with the probability of its place between the two.
        """
        (place,) = self._places(np.array([value]))
        under = int(self._under(place))
        low, high = np.arange(under + 1), np.arange(under + 1, self.levels)
        both = np.outer(self._kept(under - low, low == 0), self._kept(high - under - 1, high == self.levels - 1))
        up = np.clip(place - low, 0, None)[:, np.newaxis] / (high - low[:, np.newaxis])
        return np.concatenate([(both * (1 - up)).sum(axis=1), (both * up).sum(axis=0)])

    def _places(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return where clipped values lie among the levels, from 0 to m - 1."""
        clipped = np.clip(values.astype(np.float64), -self.clip, self.clip)
        places: NDArray[np.float64] = clipped / self.step + (self.levels - 1) / 2
        return places

    def _under(self, places: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the level under each place."""
        return np.floor(places).astype(np.int64)

    def _kept(self, passed: NDArray[np.int64], last: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the probability that a level is the first kept one behind so many that are not."""
        kept: NDArray[np.float64] = np.where(last, 1.0, self.keep) * (1 - self.keep) ** passed
        return kept
