"""A whole noise study: a checkpoint and releases in, a report out."""

from dataclasses import asdict, replace
from pathlib import Path
from time import monotonic

from analysis.methods.noise.sketch import LEAST_ELEMENTS
from analysis.reporting.folder import RunFolder, is_empty, open_run
from analysis.reporting.progress import Progress, silent
from analysis.studies.noise.checkpoint_study import study_checkpoint
from analysis.studies.noise.found import NoiseReport
from analysis.studies.noise.spec import NoiseSpec
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import StateDict, subtract
from fedsz_privacy.core.threads import one_thread
from fedsz_privacy.data.wrappings import load_state, read_state


@one_thread()
def run_noise(spec: NoiseSpec, path: Path, progress: Progress = silent) -> tuple[NoiseReport, RunFolder]:
    """Study a checkpoint or an update under each release.

    A folder that is there already is checked before the work; a new one is made after it, so that an interrupted study
    leaves nothing.

    Raises
    ------
    InputError
        If a file or the folder cannot be used, or no release changes anything. Nothing is written then.
    """
    start = monotonic()
    state = load_update(spec.checkpoint, spec.before)
    _require_studied(state, spec)
    folder = None if is_empty(path) else open_run(path, spec.to_dict())
    studies = {
        each.name: study_checkpoint(each, state, spec.seed, spec.delta, progress) for each in spec.parse_releases()
    }
    if not any(studies.values()):
        raise InputError(
            f"{', '.join(studies)} changes no tensor of {spec.checkpoint} that can be studied: choose a release that "
            "does"
        )
    report = NoiseReport(spec, sum(tensor.numel() for tensor in state.values()), studies)
    return report, replace(folder or open_run(path, spec.to_dict()), opened=start)


def load_update(checkpoint: Path, before: Path | None) -> StateDict:
    """Return the state in a file, or what its float tensors gained since an earlier one.

    Raises
    ------
    InputError
        If a file holds no state, or the two are not of one model.
    """
    after = read_state(checkpoint)
    return after if before is None else subtract(after, load_state(before, after, of=checkpoint))


def _require_studied(state: StateDict, spec: NoiseSpec) -> None:
    """Raise InputError if no tensor of a state has enough finite numbers to study, or an update is of zeros."""
    floats = [tensor for tensor in state.values() if tensor.is_floating_point()]
    if not any(tensor.isfinite().sum() >= LEAST_ELEMENTS for tensor in floats):
        raise InputError(
            f"{spec.checkpoint} has no tensor of {LEAST_ELEMENTS} finite floating-point numbers or more to study: give "
            "a trained model's weights"
        )
    if spec.before and not any(tensor.any() for tensor in floats):
        raise InputError(f"{spec.before} and {spec.checkpoint} hold the same values: give the state before training")


def to_results(report: NoiseReport) -> dict[str, object]:
    """Return what ``results.json`` holds."""
    return {
        "spec": asdict(report.spec) | {"checkpoint": str(report.spec.checkpoint), "before": _text(report.spec.before)},
        "elements": report.elements,
        "releases": [
            study.to_dict() if study else {"release": release, "tensors": {}}
            for release, study in report.studies.items()
        ],
    }


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
