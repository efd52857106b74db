"""The deciding experiment: whether two neighbouring updates decode alike, as under independent noise they might."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.core.magnitude import magnitude, root_of_squares

CHUNK = 2**20
"""Elements that are compared at once, to bound memory."""


@dataclass(frozen=True)
class Comparison:
    """Two neighbouring tensors after the same codec, or several of them added up.

    Attributes
    ----------
    coordinates : int
        Number of elements.
    values : int
        Number of elements whose decoded values differ at all.
    codes : int
        Number of elements whose decoded values differ by more than the bound, so that another code was sent.
    expected_codes : float
        Sum over elements of min(1, abs(D) / 2 bound): the number that would lie in bins of their own under
        independent dither.
    log_overlap : float
        Sum over elements of log(1 - abs(D) / 2 bound): the log of the chance that independent uniform noise hides
        all.
    moved : int
        Number of elements that differ before the codec: 0 where rounding absorbed the difference.
    l1, l2 : float
        Of the difference D between the two, in the tensor's own unit.
    """

    coordinates: int = 0
    values: int = 0
    codes: int = 0
    expected_codes: float = 0.0
    log_overlap: float = 0.0
    moved: int = 0
    l1: float = 0.0
    l2: float = 0.0

    def __add__(self, other: "Comparison") -> "Comparison":
        """Return the comparison of both tensors together."""
        sums = {name: value + getattr(other, name) for name, value in vars(self).items()}
        return Comparison(**sums | {"l2": math.hypot(self.l2, other.l2)})


@dataclass(frozen=True)
class Decision:
    """What an observer of the decoded update learns about which of two neighbours it was, over some pairs.

    Attributes
    ----------
    pairs : int
        Number of neighbour pairs.
    share_of_values, share_of_codes : float
        Mean share of the elements whose decoded values, and whose codes, differ.
    predicted_share : float
        Mean share of the codes that would differ under independent dither of the known width.
    advantage : float
        Share of the pairs that decode differently anywhere: an observer who knows both names the right one.
    predicted_advantage : float
        Mean of 1 - prod(1 - abs(D) / 2 bound), its advantage against independent uniform noise.
    """

    pairs: int
    share_of_values: float
    share_of_codes: float
    predicted_share: float
    advantage: float
    predicted_advantage: float


def compare(
    difference: NDArray[np.floating], decoded: NDArray[np.floating], neighbour: NDArray[np.floating], bound: float
) -> Comparison:
    """Compare two flat tensors that differ before the codec by ``difference``, under its absolute bound."""
    chunks = [slice(start, start + CHUNK) for start in range(0, difference.size, CHUNK)]
    return sum((_compare(difference[c], decoded[c], neighbour[c], bound) for c in chunks), Comparison())


def decide(pairs: Iterable[Comparison]) -> Decision:
    """Summarise the comparisons of some neighbour pairs, each over all its lossy tensors."""
    rows = [
        (
            each.values / each.coordinates,
            each.codes / each.coordinates,
            each.expected_codes / each.coordinates,
            float(each.values > 0),
            -np.expm1(each.log_overlap),
        )
        for each in pairs
    ]
    return Decision(len(rows), *map(float, np.mean(rows, axis=0)))


def _compare(
    difference: NDArray[np.floating], decoded: NDArray[np.floating], neighbour: NDArray[np.floating], bound: float
) -> Comparison:
    with np.errstate(invalid="ignore"):
        apart = np.abs(decoded.astype(np.float64) - neighbour)
    moved = np.abs(np.nan_to_num(difference.astype(np.float64)))
    share, unit = np.minimum(moved / bound / 2, 1), magnitude(moved)
    with np.errstate(divide="ignore"):
        log_overlap = float(np.log1p(-share).sum())
    return Comparison(
        coordinates=moved.size,
        values=int((apart > 0).sum()),
        codes=int((apart > bound).sum()),
        expected_codes=float(share.sum()),
        log_overlap=log_overlap,
        moved=int((moved > 0).sum()),
        l1=unit * float((moved / unit).sum()),
        l2=root_of_squares(moved),
    )
