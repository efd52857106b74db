"""Numbers in units of their own standard deviation."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

REACH = 256
"""Powers of two whose squares, and sums of squares over any records, are within what doubles hold."""


def standardised(values: NDArray[Any], train: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return columns minus their mean, over their standard deviation, both of the training rows.

    Parameters
    ----------
    values : array, shape (records, columns)
        Numbers; NaN where one is missing.
    train : int64 array
        Rows whose mean and deviation count.

    Returns
    -------
    float32 array, shape (records, columns)
        A missing number is at the mean, 0; a column that is constant in training is only centred.
    """
    from sklearn.preprocessing import StandardScaler

    doubles = _within_reach(values.astype(np.float64), train)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a column without a single number there is no mean
        scaled = StandardScaler().fit(doubles[train]).transform(doubles)
    filled: NDArray[np.float32] = np.where(np.isnan(scaled), 0, scaled).astype(np.float32)
    return filled


def _within_reach(values: NDArray[np.float64], train: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return columns with those in other units, by a power of two, whose squares would be 0 or infinite."""
    _, powers = np.frexp(np.nanmax(np.abs(values[train]), axis=0, initial=0))
    return np.ldexp(values, np.where(np.abs(powers) > REACH, -powers, 0))
