"""What a bench of compressors found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.reporting.names import first_names
from analysis.studies.bench.measure import OUTLIER_DEVIATIONS, BenchRow
from analysis.studies.bench.spec import BenchSpec
from analysis.studies.conclusions.codec import conclude
from analysis.studies.report import Presentation, Report

SHOWN_REL = 1e-2
"""The bound of the conclusion, where it was measured."""


@dataclass(frozen=True)
class BenchReport(Report):
    """What a bench found.

    Attributes
    ----------
    spec : BenchSpec
        What was asked.
    rows : sequence of BenchRow
        One for each checkpoint, bound and compressor.
    outliers : mapping of str to mapping of str to float
        For each checkpoint, tensors of outlier-dominated range, with range over standard deviation.
    without_numbers : mapping of str to sequence of str
        For each checkpoint, float tensors without a finite number.
    """

    spec: BenchSpec
    rows: Sequence[BenchRow]
    outliers: Mapping[str, Mapping[str, float]]
    without_numbers: Mapping[str, Sequence[str]]

    @property
    def shown(self) -> list[BenchRow]:
        """The measurements of the first checkpoint, at the bound nearest to `SHOWN_REL`."""
        first = [row for row in self.rows if row.checkpoint == self.rows[0].checkpoint]
        rel = min({row.rel for row in first}, key=lambda each: abs(np.log(each / SHOWN_REL)))
        return [row for row in first if row.rel == rel]

    @staticmethod
    def _presentation() -> Presentation:
        from analysis.studies.bench import report

        return report

    @property
    def conclusion(self) -> tuple[str, ...]:
        """What came out, one line for each compressor, the smallest first."""
        return tuple(map(conclude, sorted(self.shown, key=lambda row: -row.ratio)))

    def warnings(self) -> list[str]:
        """Return a line for each tensor whose REL bound an outlier sets, and for tensors without a finite number."""
        outliers = [
            f"{checkpoint}: range of {tensor!r} is {deviations:.0f} standard deviations (over {OUTLIER_DEVIATIONS}): "
            "a REL bound flattens the rest of it; give an absolute bound"
            for checkpoint, tensors in self.outliers.items()
            for tensor, deviations in tensors.items()
        ]
        without = [
            f"{checkpoint}: no finite number in {first_names(tensors)}: kept exactly, so no error of theirs is measured"
            for checkpoint, tensors in self.without_numbers.items()
            if tensors
        ]
        return outliers + without
