"""Several audits of whole clients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.methods.guarantee import Guarantee
from analysis.methods.leakage.membership import Leakage
from analysis.methods.lower_bounds import EpsilonBound
from analysis.reporting.progress import Progress, Say
from analysis.reporting.workers import Workers
from analysis.studies.audit.canary_bounds import CanaryBound
from analysis.studies.clients.prepare import check, load, set_up
from analysis.studies.clients.report import GROUP, write_clients
from analysis.studies.clients.run import run_clients
from analysis.studies.clients.spec import ClientsSpec
from analysis.studies.seeds.audit_found import AuditFound, DefenceFound, read_as
from analysis.studies.seeds.audits import Audits
from fedsz_privacy.data.tasks import Scale
from fedsz_privacy.defences.proof import Unit


@dataclass(frozen=True)
class ClientsDefenceFound:
    """What one audit of clients found of one defence; every field as its results.json names it."""

    name: str
    guarantee: Guarantee
    ratio: float
    bytes: float
    performance: float
    epsilon_lower_bound: EpsilonBound
    canary_bounds: tuple[CanaryBound, ...]
    leakage: Mapping[str, Leakage]


@dataclass(frozen=True)
class ClientsAsked:
    """What of the question of one audit of clients is needed to read its results."""

    signals: tuple[str, ...]


@dataclass(frozen=True)
class ClientsFound:
    """What one audit of clients found."""

    spec: ClientsAsked
    metric: str
    metric_scale: Scale
    strongest_signal: str
    defences: tuple[ClientsDefenceFound, ...]


def read_clients(path: Path) -> AuditFound:
    """Return what the finished audit of clients in a folder found: all clients are one group.

    Raises
    ------
    InputError
        If its results.json is not that of an audit of clients of this version.
    """
    found = read_as(ClientsFound, path)
    defences = tuple(_defence(each, found.spec.signals, found.strongest_signal) for each in found.defences)
    return AuditFound(found.metric, found.metric_scale, found.strongest_signal, defences)


def _defence(found: ClientsDefenceFound, signals: Sequence[str], strongest: str) -> DefenceFound:
    return DefenceFound(
        name=found.name,
        guarantee=found.guarantee,
        as_if=None,
        ratio=found.ratio,
        bytes=found.bytes,
        performance=found.performance,
        epsilon_lower_bound=found.epsilon_lower_bound,
        groups={GROUP: {signal: found.leakage[signal] for signal in signals}},
        strongest={GROUP: found.leakage[strongest]},
        canary_bounds=found.canary_bounds,
    )


def _check(spec: ClientsSpec, workers: Workers) -> None:
    split, model = load(spec)
    check(spec, set_up(spec, split, model), spec.parse_defences(), workers)


def _play(spec: ClientsSpec, path: Path, workers: Workers, progress: Progress, say: Say) -> None:
    write_clients(*run_clients(spec, path, workers, progress, say))


OF_CLIENTS = Audits(
    command="audit-clients",
    title="Privacy audit of whole clients over several seeds",
    question="What each defence gives away of who took part, whichever clients it is about.",
    canaries="Client canaries",
    unit=Unit.CLIENT,
    average="average client",
    group=GROUP,
    exposed="",
    described=False,
    check=_check,
    play=_play,
    read=read_clients,
)
