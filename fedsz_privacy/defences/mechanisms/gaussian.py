"""Gaussian noise on a client's whole update: clipped, on a lattice, with a discrete Gaussian on every coordinate."""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.numbers import write_rounded
from fedsz_privacy.core.ranges import ACCOUNTED_NOISE_MULTIPLIER, CLIP_NORM, require_in
from fedsz_privacy.core.state import StateDict, nbytes
from fedsz_privacy.defences.grammar import write_options
from fedsz_privacy.defences.mechanisms.floats import blanked, coordinates, to_tensors
from fedsz_privacy.defences.mechanisms.secret_noise import Noise, noised_on_lattice
from fedsz_privacy.defences.proof import Composition, Observer, Proof, Unit
from fedsz_privacy.defences.release import Release, Released
from fedsz_privacy.defences.samplers.certified import add_certified
from fedsz_privacy.defences.samplers.histogram import add_discrete_gaussian
from fedsz_privacy.training.accounting import calibrate, composed
from fedsz_privacy.training.events import DiscreteGaussianDpEvent
from fedsz_privacy.training.gaussian_rounds import Adjacency

Sampler: TypeAlias = Callable[[NDArray[np.int64], float, Generator], NDArray[np.int64]]
"""Adds a discrete Gaussian of that parameter to integers."""


def gaussian(
    composition: Composition, eps: float | None = None, noise: float | None = None, clip: float = 1.0
) -> Release:
    r"""Return clipping and Gaussian noise on a client's whole update, by the sampler of `histogram`.

    All float tensors together are clipped to an L2 norm C and truncated toward zero onto a lattice of public spacing g,
    K in integers; what leaves is g (K + Z), in the tensors' own dtypes, with Z a discrete Gaussian of parameter sigma/g
    on every coordinate, buffers included. Tensors of integers, bools and complex numbers, such as a count of batches,
    leave as zeros, and an update that is not finite counts as zero.

    Parameters
    ----------
    composition : Composition
        What ``eps`` is for.
    eps : float
        Epsilon to guarantee over all rounds of the composition, in nats, or
    noise : float
        the noise multiplier itself, sigma over C; exactly one of them.
    clip : float
        C, the largest L2 norm of an update, in its own unit.

    Raises
    ------
    InputError
        If not exactly one of eps and noise is given, a number is out of range, or next to no noise reaches eps.

    Guarantees
    ----------
    For one client's whole update, there or zero, against whoever reads every frame: each round is rho-zCDP with
    :math:`\rho = C^2 / 2 \sigma^2` (Canonne, Kamath and Steinke, arXiv 2004.00010), and epsilon follows
    from Renyi divergences, exact ones at integer orders. The clip norm is checked in integers. Rounding to the tensors'
    dtypes, a codec behind it at whatever bound, and all that a server does is post-processing. It holds for the
    sampler's own distribution, which departs from the discrete Gaussian by what `histogram` states, and as far as its
    randomness cannot be foretold: in experiments the run's seed makes it, in deployment the operating system. How long
    it takes, and what else a client sends, is not covered.
    """
    return gaussian_by(add_discrete_gaussian, "gaussian", composition, eps, noise, clip)


def certified_gaussian(
    composition: Composition, eps: float | None = None, noise: float | None = None, clip: float = 1.0
) -> Release:
    """Return `gaussian` with OpenDP's certified sampler in the place of the fast one, for small updates.

    No seed repeats its noise, and it is slow: docs/mechanisms.md has both samplers' times.

    Raises
    ------
    InputError
        As `gaussian`, or if OpenDP is not installed.
    """
    return gaussian_by(add_certified, "certified-gaussian", composition, eps, noise, clip)


def gaussian_by(
    sampler: Sampler, kind: str, composition: Composition, eps: float | None, noise: float | None, clip: float
) -> Release:
    """Return `gaussian` by a sampler, under the name of that kind."""
    require_in(CLIP_NORM, clip, "clip norm")
    multiplier = _multiplier(kind, eps, noise, composition)
    sigma = multiplier * clip
    proof = Proof(
        DiscreteGaussianDpEvent(multiplier),
        Unit.CLIENT,
        Adjacency.ZERO_OUT,
        Observer.SERVER,
        f"an update clipped to L2 norm {write_rounded(clip, 4)} and a discrete Gaussian of standard deviation "
        f"{write_rounded(sigma, 4)} on every coordinate of its lattice have the Renyi divergences of Gaussian noise",
        "Canonne, Kamath and Steinke, NeurIPS 2020",
    )

    def apply(update: StateDict, generator: Generator) -> Released:
        noised = add_noise(update, clip, sigma, lambda points, scale: sampler(points, scale, generator))
        return Released(noised, nbytes(noised))

    given = {"eps": eps, "noise": noise, "clip": clip}
    options = write_options({key: value for key, value in given.items() if value is not None})
    return Release(f"{kind}:{options}", apply, proof.event, proof.reason, unit=proof.unit, sigma=sigma)


@lru_cache
def _multiplier(kind: str, eps: float | None, noise: float | None, composition: Composition) -> float:
    if (eps is None) == (noise is None):
        raise InputError(
            f"{kind} takes eps or noise, one of both: write {kind}:eps=8,clip=1 or {kind}:noise=1.1,clip=1"
        )
    if noise is not None:
        require_in(ACCOUNTED_NOISE_MULTIPLIER, noise, "noise multiplier")
        return noise
    assert eps is not None
    return calibrate(lambda z: composed(DiscreteGaussianDpEvent(z), composition.rounds), eps, composition.delta)


def add_noise(update: StateDict, clip: float, sigma: float, noise: Noise) -> dict[str, Tensor]:
    """Return an update clipped onto the lattice, with noise on every coordinate, in the dtypes that it had."""
    values = noised_on_lattice(coordinates(update), clip, sigma, noise)
    sent = to_tensors(values, update) | blanked(update, values)
    return {name: sent[name] for name in update}
