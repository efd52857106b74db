"""Inputs on which mechanisms are tried."""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray


def hard_inputs(count: int, unit: float, generator: Generator) -> dict[str, NDArray[np.float64]]:
    """Return inputs that betray a quantiser whose error hangs on them.

    Parameters
    ----------
    count : int
        Coordinates of each.
    unit : float
        The step of the quantiser, or the size of the noise.
    generator : Generator
        Draws those that are random.

    Returns
    -------
    dict of float64 arrays, shape (count,)
        A constant, whole multiples of the step, two points, a heavy tail (Student's t with 1.5 degrees of freedom), and
        one coordinate a million times as large as the others.
    """
    normal = generator.normal(0, unit, count)
    huge = normal.copy()
    huge[count // 2] = 1e6 * unit
    return {
        "constant": np.full(count, 0.3 * unit),
        "on the grid": unit * generator.integers(-3, 4, count).astype(np.float64),
        "two points": np.where(generator.random(count) < 0.5, -0.7 * unit, 0.1 * unit),
        "heavy tail": unit * generator.standard_t(1.5, count),
        "one huge": huge,
    }
