"""What a recommendation rests on: every bound that was tried, over the seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from analysis.methods.non_inferiority import Standing, non_inferior, standing
from analysis.methods.over_seeds import Mean, mean_over_seeds
from analysis.studies.federation.found import FederationReport
from analysis.studies.recommend.leakage import LeakageChange
from analysis.studies.recommend.max_loss import Margin
from analysis.studies.recommend.spec import RecommendSpec
from analysis.studies.report import Presentation, Report
from fedsz_privacy.data.tasks import Scale


@dataclass(frozen=True)
class Tried:
    """What one bound came to, over the seeds.

    Attributes
    ----------
    release : str
        The release of that bound.
    bound : float
        REL.
    loss : Mean
        How much worse the metric is after the last round than that of no compression, paired by seed.
    standing : Standing
        Where that is against the most that may be lost.
    ratio : Mean
        Compression ratio, original over compressed.
    seconds, round_seconds : Mean
        Encoding and decoding of one client's update in one round, and all of that round, training too.
    """

    release: str
    bound: float
    loss: Mean
    standing: Standing
    ratio: Mean
    seconds: Mean
    round_seconds: Mean


@dataclass(frozen=True)
class RecommendReport(Report):
    """What a recommendation rests on.

    Attributes
    ----------
    spec : RecommendSpec
        What was asked.
    margin : Margin
        Most that the metric may lose, in its own unit.
    records, test_records : int
        Training records that all clients hold together, and how many records the metric is measured on.
    undefended : Mean
        The metric after the last round without compression.
    tried : tuple of Tried
        The bounds, tightest first.
    recommended : Tried or None
        The loosest bound up to which all stay below.
    leakage : LeakageChange or None
        What that changes in leakage.
    notices : tuple of str
        What a reader should know of how it was done, one line each.
    """

    spec: RecommendSpec
    margin: Margin
    records: int
    test_records: int
    undefended: Mean
    tried: tuple[Tried, ...]
    recommended: Tried | None
    leakage: LeakageChange | None
    notices: tuple[str, ...] = ()

    @staticmethod
    def _presentation() -> Presentation:
        from analysis.studies.recommend import report

        return report

    @property
    def conclusion(self) -> tuple[str, ...]:
        """What is recommended, what it costs, saves and changes; or why nothing is."""
        from analysis.studies.conclusions.recommendation import recommendation

        return recommendation(self)


def tried_over_seeds(
    federations: Sequence[FederationReport], release: str, bound: float, scale: Scale, margin: Margin
) -> Tried:
    """Return what the federations of all seeds say of one bound."""
    loss = mean_over_seeds([scale.lost(0, each.change(release)) for each in federations])
    return Tried(
        release,
        bound,
        loss,
        standing(loss, margin.value),
        mean_over_seeds([each.ratio(release) for each in federations]).within(0, inf),
        mean_over_seeds([each.transfer(release).compute_seconds for each in federations]).within(0, inf),
        mean_over_seeds([each.round_seconds(release) for each in federations]).within(0, inf),
    )


def loosest(tried: Sequence[Tried], margin: Margin) -> Tried | None:
    """Return the loosest bound up to which all stay below; bounds are in order, the tightest first."""
    count = non_inferior([each.loss for each in tried], margin.value)
    return tried[count - 1] if count else None
