"""What one audit found, as its results.json holds it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from analysis.methods.curves.privacy_curves import AsIf
from analysis.methods.guarantee import Guarantee
from analysis.methods.leakage.membership import Leakage
from analysis.methods.lower_bounds import EpsilonBound
from analysis.reporting.damage import why
from analysis.reporting.json_files import DAMAGED, read_json
from analysis.studies.audit.canary_bounds import CanaryBound
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.data.tasks import Scale

Form = TypeVar("Form")


@dataclass(frozen=True)
class DefenceFound:
    """What one audit found of one defence; every field as `analysis.studies.audit.results.to_results` names it."""

    name: str
    guarantee: Guarantee
    as_if: AsIf | None
    ratio: float
    bytes: float
    performance: float
    epsilon_lower_bound: EpsilonBound
    groups: dict[str, dict[str, Leakage]]
    strongest: dict[str, Leakage]
    canary_bounds: tuple[CanaryBound, ...] = ()


@dataclass(frozen=True)
class AuditFound:
    """What one audit found."""

    metric: str
    metric_scale: Scale
    strongest_signal: str
    defences: tuple[DefenceFound, ...]


def read_found(path: Path) -> AuditFound:
    """Return what the finished audit in a folder found.

    Raises
    ------
    InputError
        If its results.json is not that of an audit of this version.
    """
    return read_as(AuditFound, path)


def read_as(form: type[Form], path: Path) -> Form:
    """Return what the results.json of a folder holds, in a form.

    Raises
    ------
    InputError
        If it is not of that form.
    """
    try:
        return TypeAdapter(form).validate_python(read_json(path / "results.json"))
    except DAMAGED as error:
        raise InputError(f"{path} holds no results of an audit ({why(error)}): choose another --out") from error


def of_group(group: str) -> Callable[[DefenceFound], Leakage]:
    """Return what picks the strongest signal's leakage of one group of candidates."""
    return lambda found: found.strongest[group]


def weakest(found: list[DefenceFound]) -> Guarantee:
    """Return the guarantee that holds in every run: the one of largest epsilon."""
    return max((each.guarantee for each in found), key=lambda each: each.epsilon)
