"""What a recommendation was asked: everything that decides its results."""

from dataclasses import dataclass, fields

from analysis.studies.federation.spec import FederationSpec, RoundsSpec
from analysis.studies.recommend.max_loss import MaxLoss, parse_max_loss
from analysis.studies.spec import MOST_SEEDS, option
from fedsz_privacy.core import ranges
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.ranges import Whole, require_in


@dataclass(frozen=True, kw_only=True)
class RecommendSpec(RoundsSpec):
    """The question which error bound costs little enough.

    Parameters
    ----------
    max_loss : str
        Most that the metric may lose against no compression, for `parse_max_loss`.
    bounds : str
        REL bounds that are tried, with commas between.
    threshold : int
        Elements up to which a tensor is kept exactly, at every bound.
    seeds : int
        How many federations, each with a seed of its own, from ``seed`` on.
    clients : int
        Number of clients, two or more: an attack on one reads the updates of the others.

    Raises
    ------
    InputError
        If a number is out of range or a string cannot be read.
    """

    max_loss: str = option(
        "0.5%",
        "Most that the metric may lose against no compression: 0.5% or 0.005 of an accuracy; of a metric that is no "
        "share, a number in its own unit.",
    )
    bounds: str = option("1e-4,3e-4,1e-3,3e-3,1e-2,3e-2,1e-1", "REL bounds to try, with commas between.")
    threshold: int = option(
        1000, "Elements up to which a tensor is kept exactly, at every bound.", within=ranges.ELEMENTS
    )
    seeds: int = option(
        5, "How many federations, each with a seed of its own from --seed on.", within=Whole(2, MOST_SEEDS)
    )
    clients: int = option(4, "Clients.", within=Whole(2, ranges.MOST))

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_read(())
        require_in(ranges.SEED, self.every_seed[-1], "last seed")
        object.__setattr__(self, "max_loss", str(self.most))
        object.__setattr__(self, "bounds", ",".join(f"{bound:.12g}" for bound in parse_bounds(self.bounds)))

    @property
    def most(self) -> MaxLoss:
        """Most that the metric may lose, as it is written."""
        return parse_max_loss(self.max_loss)

    @property
    def every_seed(self) -> tuple[int, ...]:
        """The seeds, in order."""
        return tuple(range(self.seed, self.seed + self.seeds))

    @property
    def every_bound(self) -> tuple[float, ...]:
        """The bounds, tightest first."""
        return parse_bounds(self.bounds)

    def at(self, seed: int) -> FederationSpec:
        """Return the question of one of the federations, whose defences are ``none`` and then the bounds in order."""
        shared = {each.name: getattr(self, each.name) for each in fields(RoundsSpec)}
        releases = tuple(f"fedsz:rel={bound!r},threshold={self.threshold}" for bound in self.every_bound)
        return FederationSpec(**shared | {"seed": seed, "defences": releases})


def parse_bounds(text: str) -> tuple[float, ...]:
    """Return the REL bounds that a string such as ``1e-3,1e-2`` names, tightest first, none twice.

    Raises
    ------
    InputError
        If one is no number, or no REL bound.
    """
    try:
        bounds = sorted({float(part) for part in text.split(",")})
    except ValueError:
        raise InputError(f"bounds {text!r}: give numbers with commas between, such as 1e-3,1e-2") from None
    for bound in bounds:
        require_in(ranges.REL, bound, "bounds rel=")
    return tuple(bounds)
