"""What an audit of anybody's scores found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.methods.leakage.detectable import Estimate
from analysis.methods.leakage.membership import Leakage, resolvable_rates
from analysis.methods.lower_bounds import EpsilonBound, MuBound
from analysis.studies.conclusions.defence import Finding, PairedAuc, conclude
from analysis.studies.report import Presentation, Report
from analysis.studies.scores.designs import Method, Withheld
from analysis.studies.scores.spec import ScoresSpec
from analysis.studies.scores.table import ScoreTable


@dataclass(frozen=True)
class Bounded:
    """A lower bound on epsilon, and what it is of.

    Attributes
    ----------
    release, signal : str
        Whose scores.
    method : Method
        How it was found.
    found : EpsilonBound or MuBound
        The bound.
    """

    release: str
    signal: str
    method: Method
    found: EpsilonBound | MuBound


@dataclass(frozen=True)
class ScoresReport(Report):
    """What an audit of scores found.

    Attributes
    ----------
    spec : ScoresSpec
        What was asked.
    table : ScoreTable
        The scores.
    measured : mapping of str to mapping of str to Leakage
        As ``measured[release][signal]``.
    methods : sequence of Method or Withheld
        What the design allows to be said of epsilon.
    bounds : sequence of Bounded
        One for each release, signal and method whose conditions hold.
    """

    spec: ScoresSpec
    table: ScoreTable
    measured: Mapping[str, Mapping[str, Leakage]]
    methods: Sequence[Method | Withheld]
    bounds: Sequence[Bounded]

    @property
    def non_members(self) -> int:
        """Number of scores of non-members, of each signal."""
        return int((~self.table.member).sum())

    @property
    def rates(self) -> tuple[float, ...]:
        """False positive rates that so many non-members resolve, falling."""
        return resolvable_rates(self.non_members)

    @staticmethod
    def _presentation() -> Presentation:
        from analysis.studies.scores import report

        return report

    @property
    def conclusion(self) -> tuple[str, ...]:
        """What came out, one line for each release and signal."""
        return tuple(
            conclude(
                Finding(
                    f"{release} by {signal}",
                    measured=self._measured(release, signal),
                    epsilon_lower_bound=self._epsilon(release, signal),
                    attack="these scores",
                )
            )
            for release, by_signal in self.measured.items()
            for signal in by_signal
        )

    def _epsilon(self, release: str, signal: str) -> EpsilonBound | None:
        """Return the first lower bound on epsilon that rejects any mechanism of less: the largest holds less surely."""
        bounds = (each.found for each in self.bounds if (each.release, each.signal) == (release, signal))
        return next((bound for bound in bounds if isinstance(bound, EpsilonBound)), None)

    def _measured(self, release: str, signal: str) -> PairedAuc | Estimate:
        found, reference = self.measured[release][signal], self.table.reference
        if release == reference:
            return found.auc
        change = found.auc_difference
        return PairedAuc(found.auc, self.measured[reference][signal].auc, change, change.detectable, reference)

    @property
    def signals(self) -> list[str]:
        """Names of the signals."""
        return list(self.table.scores[self.table.reference])

    @property
    def others(self) -> list[str]:
        """Releases that are compared to the reference."""
        return [release for release in self.table.scores if release != self.table.reference]
