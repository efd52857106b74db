"""What the same audit found over several seeds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from analysis.methods.leakage.membership import Leakage
from analysis.methods.leakage.vulnerable import vulnerable_share
from analysis.methods.over_seeds import (
    Mean,
    Spread,
    detectable_over_seeds,
    mean_of_estimates,
    mean_over_seeds,
    spread_over_seeds,
)
from analysis.studies.audit.canary_bounds import CanaryBound
from analysis.studies.audit.results import statistics
from analysis.studies.audit.strongest import OR
from analysis.studies.conclusions.defence import Finding, PairedAuc, conclude
from analysis.studies.report import Presentation, Report
from analysis.studies.seeds.audit_found import AuditFound, DefenceFound, of_group, weakest
from analysis.studies.seeds.audits import Audits
from analysis.studies.seeds.spec import Several
from analysis.studies.spec import REFERENCE

Pick = Callable[[DefenceFound], Leakage]
"""Which leakage is meant: that of a group of records by a signal."""


@dataclass(frozen=True)
class Compared:
    """One statistic over seeds, and its paired difference to no defence."""

    mean: Mean
    difference: Mean


@dataclass(frozen=True)
class SeedsReport(Report):
    """What several audits found.

    Attributes
    ----------
    spec : SeedsSpec or ClientsSeedsSpec
        What was asked.
    found : tuple of AuditFound
        What each of ``spec.seeds`` gave, in that order.
    settings : tuple of mapping of str to str
        What each was played with, in the words of its own page.
    """

    spec: Several
    found: tuple[AuditFound, ...]
    settings: tuple[Mapping[str, str], ...]

    @property
    def audits(self) -> Audits:
        """What they are audits of."""
        return self.spec.audits

    def of(self, defence: str) -> list[DefenceFound]:
        """Return what each seed found of one defence."""
        row = self.spec.defences.index(defence)
        return [each.defences[row] for each in self.found]

    def mean(self, defence: str, figure: Callable[[DefenceFound], float]) -> Mean:
        """Return the mean over seeds of one figure of a defence."""
        return mean_over_seeds([figure(each) for each in self.of(defence)])

    def performance(self, defence: str) -> Mean:
        """Return the mean over seeds of a defence's performance, by the task's metric."""
        return self.mean(defence, lambda each: each.performance).within(*self.found[0].metric_scale.limits)

    def spread(self, defence: str, figure: Callable[[DefenceFound], float]) -> Spread:
        """Return the median over seeds of one figure of a defence, and its range."""
        return spread_over_seeds([figure(each) for each in self.of(defence)])

    def leakage(self, defence: str, pick: Pick) -> dict[str, Compared]:
        """Return every statistic that all seeds resolve, by its name, of one group and signal."""
        rows = [{name: rest for name, *rest in statistics(pick(each))} for each in self.of(defence)]
        both = {
            name: [mean_of_estimates([row[name][part] for row in rows]) for part in (0, 1)]
            for name in rows[0]
            if all(name in row for row in rows)
        }
        return {name: Compared(mean.within(0, 1), paired) for name, (mean, paired) in both.items()}

    def average(self, defence: str) -> dict[str, Compared]:
        """Return what the strongest signal found of the average record, or client."""
        return self.leakage(defence, of_group(self.audits.group))

    def exposed(self, defence: str) -> dict[str, Compared]:
        """Return what it found of the most vulnerable records; nothing where none are told apart."""
        return self.leakage(defence, of_group(self.audits.exposed)) if self.audits.exposed else {}

    def canaries(self, defence: str) -> list[tuple[CanaryBound, ...]]:
        """Return the bounds by canaries of one defence, of each design and null those of all seeds."""
        return list(zip(*(each.canary_bounds for each in self.of(defence)), strict=True))

    @staticmethod
    def _presentation() -> Presentation:
        from analysis.studies.seeds import report

        return report

    @property
    def conclusion(self) -> tuple[str, ...]:
        """What came out over all seeds, one line for each defence."""
        return tuple(conclude(self._finding(defence)) for defence in self.spec.defences)

    def _finding(self, defence: str) -> Finding:
        averages, exposed = self.average(defence)["auc"], self.exposed(defence)
        undefended = self.average(REFERENCE)["auc"].mean
        change = averages.difference
        beside = PairedAuc(averages.mean, undefended, change, detectable_over_seeds(change), repeated="seed")
        is_reference = defence == REFERENCE
        return Finding(
            defence=defence,
            ratio=None if is_reference else self.mean(defence, lambda each: each.ratio).value,
            measured=undefended if is_reference else beside,
            guarantee=weakest(self.of(defence)),
            epsilon_lower_bound=replace(
                self.of(defence)[0].epsilon_lower_bound,
                epsilon=self.spread(defence, lambda each: each.epsilon_lower_bound.epsilon).median,
            ),
            exposed=exposed["auc"].mean if exposed else None,
            exposed_share=vulnerable_share(self.spec.candidates),
        )

    @property
    def strongest(self) -> str:
        """The strongest signal of the seeds, or all of them where they differ."""
        return OR.join(dict.fromkeys(name for each in self.found for name in each.strongest_signal.split(OR)))
