"""What one audit found, as its results.json holds it."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from analysis.methods.curves.privacy_curves import AsIf
from analysis.methods.guarantee import Guarantee
from analysis.methods.leakage.membership import Leakage
from analysis.methods.lower_bounds import EpsilonBound
from analysis.reporting.damage import why
from analysis.reporting.json_files import DAMAGED, read_json
from analysis.studies.audit.canary_bounds import CanaryBound
from fedsz_privacy.core.errors import InputError


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
    strongest_signal: str
    defences: tuple[DefenceFound, ...]


def read_found(path: Path) -> AuditFound:
    """Return what the finished audit in a folder found.

    Raises
    ------
    InputError
        If its results.json is not that of an audit of this version.
    """
    try:
        return TypeAdapter(AuditFound).validate_python(read_json(path / "results.json"))
    except DAMAGED as error:
        raise InputError(f"{path} holds no results of an audit ({why(error)}): choose another --out") from error
