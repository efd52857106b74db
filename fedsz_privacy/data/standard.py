"""Numbers in units of their own standard deviation."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray


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

    doubles = values.astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a column without a single number there is no mean
        scaled = StandardScaler().fit(doubles[train]).transform(doubles)
    filled: NDArray[np.float32] = np.where(np.isnan(scaled), 0, scaled).astype(np.float32)
    return filled
