"""Clipping and the shifted layered quantiser with an error of the Laplace distribution."""

from numpy.random import Generator

from fedsz_privacy.core.dp_events import LaplaceDpEvent, NonPrivateDpEvent
from fedsz_privacy.core.numbers import write_rounded
from fedsz_privacy.core.ranges import CLIP_NORM, EPSILON, require_in
from fedsz_privacy.core.shared_randomness import SharedRandomness
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.defences.grammar import write_options
from fedsz_privacy.defences.mechanisms.channel import Channel, transmit
from fedsz_privacy.defences.mechanisms.floats import Norm, blanked, clip_norm, float_values
from fedsz_privacy.defences.mechanisms.layered import LaplaceLayers, Layered
from fedsz_privacy.defences.proof import Composition, Observer, Proof, Unit
from fedsz_privacy.defences.release import Release, Released
from fedsz_privacy.training.events import EpsilonDeltaDpEvent
from fedsz_privacy.training.gaussian_rounds import Adjacency

SOURCE = "layered quantiser of Hegazy and Li, ITW 2022, and Hegazy et al., arXiv 2310.20682"

UNSHARED = (
    "a server that shares the randomness sees uniform noise of known widths, and neighbours may lie further apart than "
    "those: choose eps below 2 a round"
)


def layered_laplace(composition: Composition, eps: float, clip: float) -> Release:
    r"""Return exact Laplace error by quantisation, calibrated to epsilon: ``layered-laplace:eps=8,clip=1``.

    Parameters
    ----------
    composition : Composition
        Each round has an equal part of epsilon; the delta is not used.
    eps : float
        Epsilon against outsiders over all rounds, in nats.
    clip : float
        Largest L1 norm of an update, C.

    Raises
    ------
    InputError
        If a number is out of range.

    Guarantees
    ----------
    Against outsiders, who see decoded updates or models made of them, but neither codes nor the shared key:
    :math:`\epsilon`-differential privacy, by the Laplace mechanism of scale :math:`b = T C / \epsilon` in each of T
    rounds.

    Against the server, which knows each width w: :math:`(0, \delta)` in each round, :math:`\delta = \min(1, C / 2b)`.
    Given a layer, codes of neighbours D apart differ with probability :math:`|D_i| / w` in coordinate i at most
    (`dither`), and 1 / w has the mean 1 / 2b, because heights have a density of w / 2b.

    - Adjacency: a client's update or zeros in its place, one client in every round.
    - Limits: proved for real numbers. In floats of 64 bits the error has steps, and no more than 106 ln 2 scales of
      tail; whoever sees decoded values before anything is added to them may use that (Mironov, CCS 2012). The key must
      be secret from outsiders, and its generator a cryptographic one where they compute; see `SharedRandomness`.
      Integers and bools leave as zeros.
    """
    require_in(EPSILON, eps, "eps")
    require_in(CLIP_NORM, clip, "clip norm")
    multiplier = composition.rounds / eps
    quantiser = Layered(LaplaceLayers(multiplier * clip))

    def apply(update: StateDict, generator: Generator) -> Released:
        values = clip_norm(float_values(update), Norm.L1, clip)
        channel = Channel(dict.fromkeys(values, quantiser), SharedRandomness.drawn(generator))
        return transmit(channel, values, blanked(update, values), update, generator)

    server = _server_proof(1 / (2 * multiplier)) if multiplier > 1 / 2 else None
    return Release(
        name=f"layered-laplace:{write_options({'eps': eps, 'clip': clip})}",
        apply=apply,
        event=server.event if server else NonPrivateDpEvent(),
        reason=server.reason if server else UNSHARED,
        outsiders=_outsiders_proof(multiplier, clip),
        sigma=2**0.5 * multiplier * clip,
    )


def _server_proof(delta: float) -> Proof:
    return Proof(
        EpsilonDeltaDpEvent(0.0, delta),
        Unit.CLIENT,
        Adjacency.ZERO_OUT,
        Observer.SERVER,
        "layered codes of two updates, of which everything else is known, differ with probability "
        f"{write_rounded(delta, 2)} at most, as cells are twice as wide as the scale of the noise in the harmonic mean",
        f"{SOURCE}; the coupling proved in `layered_laplace`",
    )


def _outsiders_proof(multiplier: float, clip: float) -> Proof:
    return Proof(
        LaplaceDpEvent(multiplier),
        Unit.CLIENT,
        Adjacency.ZERO_OUT,
        Observer.OUTSIDER,
        f"error of exactly Laplace's distribution at {write_rounded(multiplier, 4)} times the L1 clip norm "
        f"{write_rounded(clip)}",
        SOURCE,
    )
