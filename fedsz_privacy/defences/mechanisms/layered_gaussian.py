r"""Clipping and the shifted layered quantiser with an error of the Gaussian distribution, in one tier or in two.

In one tier all noise is the quantiser's, which protects against outsiders alone: a server that shares the randomness
sees uniform noise of known widths. In two tiers the client first adds noise that nobody shares, a discrete Gaussian on
a lattice. Then the server has :math:`\mu = D / \sigma_1` of that noise, and outsiders
:math:`\mu = D / \sqrt{\sigma_1^2 + \sigma_2^2}` of both.
"""

from collections.abc import Callable, Mapping

from numpy.random import Generator

from fedsz_privacy.core.dp_events import GaussianDpEvent, NonPrivateDpEvent
from fedsz_privacy.core.numbers import write_rounded
from fedsz_privacy.core.ranges import CLIP_NORM, require_in
from fedsz_privacy.core.shared_randomness import SharedRandomness
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.defences.grammar import write_options
from fedsz_privacy.defences.mechanisms.channel import Channel, transmit
from fedsz_privacy.defences.mechanisms.floats import Norm, blanked, clip_norm, float_values
from fedsz_privacy.defences.mechanisms.layered import GaussianLayers, Layered
from fedsz_privacy.defences.mechanisms.layered_laplace import SOURCE
from fedsz_privacy.defences.mechanisms.quantiser import Values
from fedsz_privacy.defences.mechanisms.secret_noise import add_secret_noise
from fedsz_privacy.defences.mechanisms.tiers import Tiers, choose_tiers
from fedsz_privacy.defences.proof import Composition, Observer, Proof, Unit
from fedsz_privacy.defences.release import Release, Released
from fedsz_privacy.training.events import DiscreteGaussianDpEvent
from fedsz_privacy.training.gaussian_rounds import Adjacency

UNSHARED = (
    "a server that shares the randomness sees uniform noise of known widths, and neighbours of many coordinates lie "
    "further apart than those: add a secret part, as in layered-gaussian:eps=1,server=8"
)

Prepare = Callable[[Mapping[str, Values], Generator], Mapping[str, Values]]


def layered_gaussian(
    composition: Composition,
    eps: float | None = None,
    server: float | None = None,
    noise: float | None = None,
    secret: float | None = None,
    clip: float = 1.0,
) -> Release:
    r"""Return exact Gaussian error by quantisation: ``layered-gaussian:eps=1,clip=1``, in two tiers with ``server=8``.

    Parameters
    ----------
    composition : Composition
        What ``eps`` and ``server`` are for.
    eps, server : float
        Epsilon against outsiders over all rounds, in nats, and against the server, if a part is to be secret; or
    noise, secret : float
        the noise multiplier of all noise, its standard deviation over C, and that of the secret part.
    clip : float
        C, the largest L2 norm of an update.

    Raises
    ------
    InputError
        If not exactly one of eps and noise is given, ``server`` or ``secret`` stands beside the other one, a number is
        out of range, or the secret part is not smaller than the whole.

    Guarantees
    ----------
    Against outsiders, who see decoded updates or models made of them, but neither codes nor the shared key: that of the
    Gaussian mechanism of all noise, :math:`\mu = C / \sqrt{\sigma_1^2 + \sigma_2^2}` in each round. The secret part is
    on a lattice. By Poisson's summation formula the density of both parts together is a Gaussian's times a factor
    within :math:`1 \pm 5 e^{-2 \pi^2 \tau^2 / g^2}`, :math:`\tau = \sigma_1 \sigma_2 / \sqrt{\sigma_1^2 +
    \sigma_2^2}`, and :math:`\tau` is 36 spacings g or more, so what it adds to epsilon is less than 1e-11000.

    Against the server, which knows the key: with a secret part that of the discrete Gaussian, rho-zCDP with
    :math:`\rho = C^2 / 2 \sigma_1^2` (Canonne, Kamath and Steinke, arXiv 2004.00010), in exact integers;
    codes and their length are made of its lattice points. Without one nothing: codes of neighbours D apart differ with
    a probability of up to :math:`\min(1, \|D\|_1 / \sqrt{2 \pi} \sigma_2)`, and an L1 norm may be
    :math:`\sqrt{d}` times an L2 norm.

    - Adjacency: a client's update or zeros in its place, one client in every round.
    - Limits: against outsiders proved for real numbers. In floats of 64 bits the layers' error has steps, and at most
      12.2 standard deviations of tail; whoever sees decoded values before anything is added to them may use that
      (Mironov, CCS 2012). The key must be secret from outsiders, and its generator a cryptographic one where they
      compute; see `SharedRandomness`. Integers and bools leave as zeros.
    """
    require_in(CLIP_NORM, clip, "clip norm")
    tiers = choose_tiers(composition, eps, server, noise, secret)
    quantiser = Layered(GaussianLayers(tiers.shared * clip))
    prepare = _secretly(clip, tiers.secret * clip) if tiers.secret else _clipped(clip)

    def apply(update: StateDict, generator: Generator) -> Released:
        shared = SharedRandomness.drawn(generator)
        values = prepare(float_values(update), generator)
        channel = Channel(dict.fromkeys(values, quantiser), shared)
        return transmit(channel, values, blanked(update, values), update, generator)

    given = {"eps": eps, "server": server, "noise": noise, "secret": secret, "clip": clip}
    options = write_options({key: value for key, value in given.items() if value is not None})
    server_proof = _server_proof(tiers, clip) if tiers.secret else None
    return Release(
        name=f"layered-gaussian:{options}",
        apply=apply,
        event=server_proof.event if server_proof else NonPrivateDpEvent(),
        reason=server_proof.reason if server_proof else UNSHARED,
        outsiders=_outsiders_proof(tiers, clip),
        sigma=tiers.outsiders * clip,
    )


def _clipped(clip: float) -> Prepare:
    return lambda values, _: clip_norm(values, Norm.L2, clip)


def _secretly(clip: float, sigma: float) -> Prepare:
    return lambda values, generator: add_secret_noise(values, clip, sigma, generator)


def _server_proof(tiers: Tiers, clip: float) -> Proof:
    return Proof(
        DiscreteGaussianDpEvent(tiers.secret),
        Unit.CLIENT,
        Adjacency.ZERO_OUT,
        Observer.SERVER,
        f"a secret discrete Gaussian of {write_rounded(tiers.secret, 4)} times the L2 clip norm {write_rounded(clip)} "
        "on a lattice, and all codes are made of its sums",
        "Canonne, Kamath and Steinke, NeurIPS 2020",
    )


def _outsiders_proof(tiers: Tiers, clip: float) -> Proof:
    return Proof(
        GaussianDpEvent(tiers.outsiders),
        Unit.CLIENT,
        Adjacency.ZERO_OUT,
        Observer.OUTSIDER,
        f"error of exactly the Gaussian distribution at {write_rounded(tiers.outsiders, 4)} times the L2 clip "
        f"norm {write_rounded(clip)}",
        SOURCE,
    )
