"""What a release changes in leakage: the same recorded updates as they are and through the release, attacked alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from analysis.methods.leakage.membership import Leakage
from analysis.methods.over_seeds import Mean, detectable_over_seeds, mean_over_seeds
from analysis.reporting.damage import why
from analysis.reporting.finished import is_finished
from analysis.reporting.json_files import DAMAGED, read_json
from analysis.reporting.progress import Progress
from analysis.studies.recorded.report import write_recorded
from analysis.studies.recorded.run import run_recorded
from analysis.studies.recorded.spec import RecordedSpec
from analysis.studies.spec import REFERENCE
from fedsz_privacy.core.errors import InputError

SIGNALS = ("loss", "inner-product", "fedmia-loss")
"""Attacks without shadow models: one of each kind, by loss, by gradients and by the other clients, the cheapest ones.

``audit-updates`` has the others, and reads the same recordings.
"""


@dataclass(frozen=True)
class SeedLeakage:
    """AUC of the strongest attack of one seed, chosen on other records than it measures.

    Attributes
    ----------
    undefended, released : float
        On the updates as they are, and as they come out of the release.
    """

    undefended: float
    released: float


@dataclass(frozen=True)
class LeakageChange:
    """The AUC of membership attacks on one federation's updates, with a release and without, over seeds.

    Attributes
    ----------
    undefended, released : Mean
        AUC on the updates as they are, and as they come out of the release.
    difference : Mean
        Released minus undefended, paired by seed.
    detectable : float
        The smallest difference that so many seeds would have found with probability 0.8.
    """

    undefended: Mean
    released: Mean
    difference: Mean
    detectable: float


def change_over_seeds(found: Sequence[SeedLeakage]) -> LeakageChange:
    """Return what the seeds say together."""
    moved = mean_over_seeds([each.released - each.undefended for each in found])
    return LeakageChange(
        mean_over_seeds([each.undefended for each in found]).within(0, 1),
        mean_over_seeds([each.released for each in found]).within(0, 1),
        moved,
        detectable_over_seeds(moved),
    )


def audit_recording(spec: RecordedSpec, path: Path, progress: Progress) -> SeedLeakage:
    """Return what the strongest attack reads off a recording, by a finished audit of it or by one that is run now.

    Raises
    ------
    InputError
        As `run_recorded` does.
    """
    if not is_finished(path, spec.to_dict()):
        # The question that names code to run was typed, and the recording repeats it.
        write_recorded(*run_recorded(spec, path, trusted=True, progress=progress))
    return _read(path, spec.defences[-1])


def _read(path: Path, release: str) -> SeedLeakage:
    try:
        results = read_json(path / "results.json")
        by_name = {each["name"]: each["leakage"][results["strongest_signal"]] for each in results["defences"]}
        undefended, released = (
            TypeAdapter(Leakage).validate_python(by_name[name]).auc.value for name in (REFERENCE, release)
        )
        return SeedLeakage(undefended, released)
    except DAMAGED as error:
        raise InputError(f"{path} holds no results of an audit ({why(error)}): choose another --out") from error
