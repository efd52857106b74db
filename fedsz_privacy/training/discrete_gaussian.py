r"""Renyi divergences of the discrete Gaussian on vectors of integers, alone and under Poisson sampling.

Let :math:`P_D` be the discrete Gaussian of parameter sigma on :math:`D + \mathbb{Z}^d`, at an integer vector D. For
every *integer* :math:`\alpha`,

.. math::

    \sum_x P_0(x) \left(\frac{P_D(x)}{P_0(x)}\right)^\alpha
        = e^{(\alpha^2 - \alpha) |D|^2 / 2 \sigma^2} \; \frac{\sum_x e^{-|x - \alpha D|^2 / 2 \sigma^2}}
                                                          {\sum_x e^{-|x|^2 / 2 \sigma^2}}
        = e^{(\alpha^2 - \alpha) |D|^2 / 2 \sigma^2},

as a lattice shifted by :math:`\alpha D`, one of its own points, is the same lattice. This is what the continuous
Gaussian has. At other orders the continuous value is an upper bound (Canonne, Kamath and Steinke, arXiv 2004.00010, on
the concentrated differential privacy of the discrete Gaussian, in one dimension and in several).

Under Poisson sampling at rate q the moment of :math:`(1 - q) P_0 + q P_D` against :math:`P_0` is a binomial sum of such
moments, so at integer orders it is the continuous one too (Mironov, Talwar and Zhang, arXiv 1908.10530, Section 3.3).
The other direction is not larger: :math:`x \mapsto D - x` swaps both distributions (shown there too).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, logsumexp

Orders = NDArray[np.float64]


def renyi(noise_multiplier: float, orders: Orders) -> Orders:
    r"""Return an upper bound on the Renyi divergence of each order: :math:`\alpha / 2 z^2`, exact at integers.

    Parameters
    ----------
    noise_multiplier : float
        z, sigma over the L2 distance of neighbouring vectors of integers; 0 for no noise.
    orders : float64 array, shape (n,)
        Above 1.
    """
    return orders / (2 * noise_multiplier**2) if noise_multiplier else np.full_like(orders, np.inf)


def sampled_renyi(sampling_rate: float, noise_multiplier: float, orders: Orders) -> Orders:
    """Return the Renyi divergence of each integer order under Poisson sampling; infinite at all other orders."""
    if sampling_rate == 1 or noise_multiplier == 0:
        return renyi(noise_multiplier, orders)
    if sampling_rate == 0:
        return np.zeros_like(orders)
    return np.array(
        [
            _log_moment(sampling_rate, noise_multiplier, int(order)) / (order - 1) if order % 1 == 0 else np.inf
            for order in orders
        ]
    )


def _log_moment(q: float, z: float, order: int) -> float:
    """Return the logarithm of the moment of the mixture against the noise alone, by binomial expansion."""
    k = np.arange(order + 1)
    binomial = gammaln(order + 1) - gammaln(k + 1) - gammaln(order - k + 1)
    return float(logsumexp(binomial + k * np.log(q) + (order - k) * np.log1p(-q) + (k**2 - k) / (2 * z**2)))
