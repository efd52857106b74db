"""Whether a loss stays below a margin, over paired seeds, and what would settle it where that is not resolved."""

from collections.abc import Sequence
from enum import Enum
from itertools import takewhile
from math import floor

from analysis.methods.over_seeds import Mean, quantile, standard_error

MOST_SEEDS = 1000
"""Most seeds that are foreseen."""


class Standing(Enum):
    """Where the 95% interval of a mean loss lies against a margin."""

    BELOW = "stays below"
    UNRESOLVED = "not resolved"
    ABOVE = "loses more"


def standing(loss: Mean, margin: float) -> Standing:
    """Return where a loss stands: below only with its whole interval, whose upper end is below the margin.

    This is the test of non-inferiority (Piaggio et al., JAMA 2012): at an error of 2.5% it rejects that the mean loss
    is the margin or more.
    """
    if loss.high < margin:
        return Standing.BELOW
    return Standing.ABOVE if loss.low >= margin else Standing.UNRESOLVED


def non_inferior(losses: Sequence[Mean], margin: float) -> int:
    """Return how many losses stay below a margin, counted from the first to the first one that does not.

    Parameters
    ----------
    losses : sequence of Mean
        Losses in an order that was fixed before anything was seen, the least expected first.
    margin : float
        In their unit, above 0.

    Guarantees
    ----------
    A fixed sequence of tests (Maurer, Hothorn and Lehmacher, in Vollmar, Biometrie in der chemisch-pharmazeutischen
    Industrie 6, 1995): however many losses there are, with probability .975 or more none that is counted has a mean of
    the margin or more, if the interval of each covers as `mean_over_seeds` says. Were the last loss chosen that stays
    below by itself, that would be .975 of each loss alone. An interval of width 0, where all seeds lost the same, says
    nothing of what rarer seeds lose.
    """
    return len(list(takewhile(lambda loss: standing(loss, margin) is Standing.BELOW, losses)))


def seeds_to_resolve(loss: Mean, margin: float) -> int | None:
    """Return with how many seeds a loss would stay below a margin, if mean and standard deviation stay as they are.

    None if that takes more than `MOST_SEEDS`, or the mean is not below the margin.
    """
    deviation = standard_error(loss.values) * len(loss.values) ** 0.5
    seeds = range(len(loss.values), MOST_SEEDS + 1)
    return next((n for n in seeds if loss.value + quantile(n) * deviation / n**0.5 < margin), None)


def records_to_resolve(loss: Mean, margin: float, records: int) -> int | None:
    """Return with how many test records, at the least, a loss would stay below a margin with the same seeds.

    The variance of a mean over test records falls as one over their number. What seeds differ by beside their records
    does not fall, so this is the least. None if the mean is not below the margin.
    """
    if loss.value >= margin:
        return None
    return max(records, floor(records * ((loss.high - loss.value) / (margin - loss.value)) ** 2) + 1)
