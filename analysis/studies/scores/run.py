"""An audit of scores: ROC statistics of each signal, paired differences, and the bounds that the design allows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.methods.leakage.detectable import Estimate
from analysis.methods.leakage.membership import Leakage, leakage, resolvable_rates, roc_statistics
from analysis.methods.leakage.resampling import BY_CANDIDATE, BY_TRIAL, RESAMPLES, scattered_weights
from analysis.methods.lower_bounds import EpsilonBound, MuBound
from analysis.reporting.folder import RunFolder, open_run
from analysis.reporting.progress import Progress, silent
from analysis.studies.conclusions.defence import Finding, PairedAuc, conclude
from analysis.studies.report import Presentation, Report
from analysis.studies.scores.designs import Method, Withheld, methods_for
from analysis.studies.scores.readers import read_columns
from analysis.studies.scores.spec import ScoresSpec
from analysis.studies.scores.table import ScoreTable, to_table
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.threads import one_thread


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


@one_thread()
def run_scores(spec: ScoresSpec, path: Path, progress: Progress = silent) -> tuple[ScoresReport, RunFolder]:
    """Audit a file of scores.

    Raises
    ------
    InputError
        If the file cannot be read, or contradicts the design; or the folder holds another run. Nothing is written then.
    """
    table = to_table(read_columns(Path(spec.file)), spec.file, spec.signals, spec.lower, spec.reference)
    methods = methods_for(spec.design, table, spec.delta)
    measured = measure(table, spec.seed, progress)
    bounds = bound_epsilon(spec, table, methods)
    return ScoresReport(spec, table, measured, methods, bounds), open_run(path, spec.to_dict())


def measure(table: ScoreTable, seed: int, progress: Progress = silent) -> dict[str, dict[str, Leakage]]:
    """Return the leakage of each release by each signal, all from the same resamples, as ``[release][signal]``.

    What is resampled is what was random: runs and records where there are several runs, records where there is one.

    Raises
    ------
    InputError
        If there are so few of them that no resample has members and non-members.
    """
    non_members = int((~table.member).sum())
    rates = resolvable_rates(non_members)
    cases = [(release, signal) for release, by_signal in table.scores.items() for signal in by_signal]
    replicates = {
        (release, signal): roc_statistics(
            table.scores[release][signal],
            table.member,
            scattered_weights(table.run, table.record, generator(seed, Purpose.BOOTSTRAP)),
            rates,
        )
        for release, signal in progress(cases, description="intervals", total=len(cases))
    }
    for found in replicates.values():
        _require_both(found, table)
    return {
        release: {
            signal: leakage(replicates[release, signal], replicates[table.reference, signal], non_members)
            for signal in by_signal
        }
        for release, by_signal in table.scores.items()
    }


def _require_both(replicates: NDArray[np.float64], table: ScoreTable) -> None:
    for rows, drawn in ((BY_TRIAL, f"runs out of {table.runs}"), (BY_CANDIDATE, f"records out of {table.records}")):
        if np.isnan(replicates[rows, 0]).sum() > RESAMPLES / 2:
            raise InputError(
                f"resamples of {drawn} mostly lack members or non-members, so no interval can be told: give more scores"
            )


def bound_epsilon(spec: ScoresSpec, table: ScoreTable, methods: Sequence[Method | Withheld]) -> list[Bounded]:
    """Return every bound whose conditions hold; all releases and signals are split alike."""
    return [
        Bounded(
            release,
            signal,
            method,
            method.bound(scores, table, spec.delta, spec.confidence, generator(spec.seed, Purpose.BOUND)),
        )
        for release, by_signal in table.scores.items()
        for signal, scores in by_signal.items()
        for method in methods
        if isinstance(method, Method)
    ]
