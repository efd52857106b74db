r"""How long an honest update can be after noise and compression, so that a server can shorten what is longer.

A frame from a hostile client may hold anything, and decoding adds an error to an honest one too, so the clip norm that
clients keep to says nothing of what a server decodes. A server that scales each decoded update down to a public limit
bounds what one client does to an average: by no more than an honest one's noise could. That is post-processing.
"""

import math

from torch import Tensor

from fedsz_privacy.core.state import StateDict

FAILURE = 2.0**-40
"""Probability that an honest update is longer than the limit."""


def norm_limit(clip_norm: float, sigma: float, count: int, bound: float = 0.0, failure: float = FAILURE) -> float:
    r"""Return the L2 norm that an honest update exceeds with a stated probability at most.

    .. math:: C + \sigma (\sqrt{d} + \sqrt{2 \ln(1 / p)}) + b \sqrt{d}

    Parameters
    ----------
    clip_norm, sigma : float
        C, and the standard deviation of the noise on each coordinate, as the release ``gaussian`` has them.
    count : int
        d, coordinates of the update.
    bound : float
        b, the absolute error bound of a codec behind the noise.
    failure : float
        p.

    Notes
    -----
    The tail of the noise's norm is that of a chi-squared variable (Laurent and Massart, Annals of Statistics 2000,
    Lemma 1), whose proof needs no more than its moment generating function. A discrete Gaussian's is not larger:
    :math:`E e^{\lambda Z^2}` is a quotient of two sums over the lattice, and by Poisson summation at most
    :math:`(1 - 2 \lambda \sigma^2)^{-1/2}` for positive :math:`\lambda`.
    """
    return clip_norm + sigma * (math.sqrt(count) + math.sqrt(-2 * math.log(failure))) + bound * math.sqrt(count)


def shortened(update: StateDict, limit: float) -> dict[str, Tensor]:
    """Return an update whose float tensors together are no longer than an L2 norm, scaled down if they were."""
    floats = {name: tensor for name, tensor in update.items() if tensor.is_floating_point()}
    norm = math.hypot(*(float(tensor.double().norm()) for tensor in floats.values()))
    if norm <= limit:
        return dict(update)
    return {name: (tensor * (limit / norm)) if name in floats else tensor for name, tensor in update.items()}
