"""Compressors side by side on the same checkpoints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from analysis.reporting.folder import RunFolder, open_run
from analysis.reporting.progress import Progress, silent
from analysis.studies.bench.measure import OUTLIER_DEVIATIONS, BenchRow, chosen_tensors, measure, outlier_tensors
from analysis.studies.bench.spec import BenchSpec
from analysis.studies.conclusions.codec import conclude
from analysis.studies.report import Presentation, Report
from fedsz_privacy.codec.bounds import ErrorBound
from fedsz_privacy.codec.pipeline import FedSZ
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.threads import one_thread
from fedsz_privacy.data.weights import load_weights

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
    """

    spec: BenchSpec
    rows: Sequence[BenchRow]
    outliers: Mapping[str, Mapping[str, float]]

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
        """Return one line for each tensor whose REL bound an outlier sets."""
        return [
            f"{checkpoint}: range of {tensor!r} is {deviations:.0f} standard deviations (over {OUTLIER_DEVIATIONS}): "
            "a REL bound flattens the rest of it; give an absolute bound"
            for checkpoint, tensors in self.outliers.items()
            for tensor, deviations in tensors.items()
        ]


@one_thread()
def run_bench(spec: BenchSpec, path: Path, progress: Progress = silent) -> tuple[BenchReport, RunFolder]:
    """Measure every compressor at every bound on every checkpoint; rates are not kept from an interrupted run.

    Raises
    ------
    InputError
        If a checkpoint cannot be read or has nothing to compress, or the folder holds another run. Nothing is written
        then.
    """
    states = {source: load_weights(source) for source in spec.checkpoints}
    for source, state in states.items():
        if not chosen_tensors(state):
            raise InputError(
                f"{source} has no float tensor of over 1,000 elements that FedSZ chooses: nothing to compress"
            )
    folder = open_run(path, spec.to_dict())
    cases = list(product(states.items(), spec.bounds, spec.compressors))
    rows = [
        measure(source, state, compressor, rel, spec.repeats)
        for (source, state), rel, compressor in progress(cases, description="bench", total=len(cases))
    ]
    bounds = {source: FedSZ(ErrorBound.rel(spec.bounds[0])).bounds(state) for source, state in states.items()}
    return BenchReport(
        spec, rows, {source: outlier_tensors(states[source], bounds[source]) for source in states}
    ), folder
