"""Compressors side by side on the same checkpoints."""

from itertools import product
from pathlib import Path

from analysis.reporting.folder import RunFolder, open_run
from analysis.reporting.progress import Progress, silent
from analysis.studies.bench.found import BenchReport
from analysis.studies.bench.measure import chosen_tensors, measure, outlier_tensors, tensors_without_numbers
from analysis.studies.bench.spec import BenchSpec
from fedsz_privacy.codec.bounds import ErrorBound
from fedsz_privacy.codec.pipeline import FedSZ
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.threads import one_thread
from fedsz_privacy.data.weights import load_weights


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
    report = BenchReport(
        spec,
        rows,
        outliers={source: outlier_tensors(state, bounds[source]) for source, state in states.items()},
        without_numbers={source: tensors_without_numbers(state) for source, state in states.items()},
    )
    return report, folder
