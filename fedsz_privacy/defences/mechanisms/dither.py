r"""Subtractive dither through the predictor-free quantiser: the error is uniform, and knows nothing of the data.

Both ends have S, uniform on (-1/2, 1/2). The client sends :math:`M = \mathrm{rint}(x / w + S)` for cells of width
:math:`w = 2 b`, and the server takes :math:`y = (M - S) w`. The error :math:`y - x` is uniform on (-b, b) and
independent of x (Schuchman, IEEE Trans. Commun. Technol. 1964). M is what SZ3 without prediction codes of
:math:`x + w S` at the bound b; it is formed here, as SZ3 would send values of more than 2**15 cells verbatim, without
any error.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from fedsz_privacy.codec.bounds import ErrorBound
from fedsz_privacy.core.dp_events import NonPrivateDpEvent
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.numbers import write_number, write_rounded
from fedsz_privacy.core.ranges import CLIP_NORM, require_in
from fedsz_privacy.core.shared_randomness import SharedRandomness
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.defences.mechanisms.channel import Channel, transmit
from fedsz_privacy.defences.mechanisms.floats import Norm, blanked, clip_norm, float_values
from fedsz_privacy.defences.mechanisms.quantiser import Codes, Shared, Values, round_to_codes
from fedsz_privacy.defences.one_bound import one_bound
from fedsz_privacy.defences.proof import Observer, Proof, Unit
from fedsz_privacy.defences.release import Release, Released
from fedsz_privacy.training.events import EpsilonDeltaDpEvent
from fedsz_privacy.training.gaussian_rounds import Adjacency

NOTHING = {
    "rel": "the bound of each tensor is computed from its private range, and travels with it",
    "abs": "without a clip norm two updates may lie further apart than a cell is wide: add one, as in "
    "dither:abs=1e-2,clip=1e-4",
}
"""Why there is no guarantee, by the mode of the bound."""

BOUND_BYTES = {"rel": 8, "abs": 0}
"""Bytes that a tensor's bound takes on the wire."""


@dataclass(frozen=True)
class Dithered:
    """The dithered quantiser of one width.

    Parameters
    ----------
    width : float
        Of a cell, twice the error bound; 0 for a tensor of zeros.
    """

    width: float

    @property
    def draws(self) -> int:
        """One: the dither."""
        return 1

    def encode(self, values: Values, shared: Shared, _: Generator, /) -> Codes:
        """Return the cells that dithered values lie in."""
        return round_to_codes(values / self.width + shared[0] - 0.5) if self.width else np.zeros(values.size, np.int64)

    def decode(self, codes: Codes, shared: Shared, /) -> Values:
        """Return the middles of cells, less the dither."""
        values: Values = (codes - (shared[0] - 0.5)) * self.width
        return values


def dither(clip: float | None = None, **bound: float) -> Release:
    r"""Return subtractive dither at one bound: ``dither:rel=1e-2``, ``dither:abs=1e-3``, ``dither:abs=1,clip=1e-3``.

    Every float is dithered, those of small tensors too, which FedSZ sends exactly.

    Parameters
    ----------
    clip : float, optional
        Largest L1 norm of an update, beside ``abs`` alone.
    **bound : float
        ``abs``, in the update's own unit, or ``rel``, a fraction of each tensor's range; of a constant tensor a
        fraction of its value. What `Released.bounds` reports, the dtype's rounding adds to.

    Raises
    ------
    InputError
        If not exactly one bound is given, a number is out of range, or a clip norm stands beside ``rel``.

    Guarantees
    ----------
    With a clip norm C in the L1 norm: :math:`(0, \delta)`-differential privacy in each round, and so
    :math:`(\epsilon, \delta)` for every epsilon, with :math:`\delta = \min(1, C / 2b)`.

    - Adversary: whoever reads every frame and knows S. Given S, the codes of x and :math:`x + D` differ in coordinate i
      only if one of the boundaries of cells, which S shifts evenly over a width, lies between both: with probability
      :math:`\min(1, |D_i| / 2b)`. So all codes are equal but for a probability of
      :math:`1 - \prod_i (1 - |D_i| / 2b)_+ \le \|D\|_1 / 2b`, and where they differ the adversary knows it.
    - Adjacency: a client's update or zeros in its place, :math:`\|D\|_1 \le C`.
    - Limits: in numbers of 64 bits x / w + S is rounded by at most :math:`2^{-53}` of its size, which moves a boundary
      as far and adds as much to delta; the result is rounded once more to the tensor's dtype, after which the error is
      uniform only up to half a unit in the last place, and nothing more is told. Integers and bools leave as zeros.

    With ``rel`` or without a clip norm nothing is guaranteed, and integers and bools travel as they are; the error is
    uniform and independent of x all the same.
    Delta is the chance that the client is told apart for certain, so a useful one wants cells far wider than updates.
    """
    error_bound = one_bound("dither", bound, "1e-3")
    mode, value = error_bound.mode, error_bound.value
    proof = None if clip is None else _proof(error_bound, clip)

    def apply(update: StateDict, generator: Generator) -> Released:
        values = float_values(update)
        bounds = {name: _bound(error_bound, each) for name, each in values.items()}
        channel = Channel(
            {name: Dithered(2 * each) for name, each in bounds.items()}, SharedRandomness.drawn(generator)
        )
        if clip is not None:
            clipped = clip_norm(values, Norm.L1, clip)
            return transmit(channel, clipped, blanked(update, values), update, generator)
        others = {name: tensor for name, tensor in update.items() if name not in values}
        sent = transmit(channel, values, others, update, generator)
        return replace(sent, nbytes=sent.nbytes + BOUND_BYTES[mode] * len(bounds), bounds=bounds)

    return Release(
        name=f"dither:{mode}={write_number(value)}" + ("" if clip is None else f",clip={write_number(clip)}"),
        apply=apply,
        event=proof.event if proof else NonPrivateDpEvent(),
        reason=proof.reason if proof else NOTHING[mode],
        sigma=2 * value / 12**0.5 if mode == "abs" else None,
        # An absolute bound dithers zeros too; a relative one of zeros is zero.
        keeps_zeros=mode == "rel",
    )


def _proof(bound: ErrorBound, clip: float) -> Proof:
    """Return what a clip norm in the L1 norm makes of dither at an absolute bound."""
    require_in(CLIP_NORM, clip, "clip norm")
    if bound.mode != "abs":
        raise InputError("dither:rel takes no clip norm, as its bound is private anyway: write dither:abs=1,clip=1e-3")
    width = 2 * bound.value
    if clip >= width:
        names = f"clip norm {write_rounded(clip)}: choose less than the width of a cell, {write_rounded(width)}"
        raise InputError(f"{names}, or leave it out")
    return Proof(
        EpsilonDeltaDpEvent(0.0, clip / width),
        Unit.CLIENT,
        Adjacency.ZERO_OUT,
        Observer.SERVER,
        f"dithered codes of two updates differ with probability {write_rounded(clip / width, 2)} at most, whatever "
        "else is known, as the boundaries of cells are shifted evenly",
        "subtractive dither of Schuchman, IEEE Trans. Commun. Technol. 1964, and the coupling proved in `dither`",
    )


def _bound(bound: ErrorBound, values: Values) -> float:
    """Return a tensor's absolute bound; one without a range, such as a single number, stands for its own range."""
    return bound.absolute(values) or bound.absolute(np.append(values, 0.0))
