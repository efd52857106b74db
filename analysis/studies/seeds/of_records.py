"""Several audits of records."""

from pathlib import Path

from analysis.reporting.progress import Progress, Say
from analysis.reporting.workers import Workers
from analysis.studies.audit.check import check_audit
from analysis.studies.audit.measure import RECORDS, VULNERABLE
from analysis.studies.audit.prepare import load, set_up
from analysis.studies.audit.report import write_report
from analysis.studies.audit.run import run_audit
from analysis.studies.audit.spec import AuditSpec
from analysis.studies.seeds.audit_found import read_found
from analysis.studies.seeds.audits import Audits
from fedsz_privacy.defences.proof import Unit


def _check(spec: AuditSpec, workers: Workers) -> None:
    split, model = load(spec)
    check_audit(spec, set_up(spec, split, model), spec.parse_defences(), spec.get_signals(), workers)


def _play(spec: AuditSpec, path: Path, workers: Workers, progress: Progress, say: Say) -> None:
    write_report(*run_audit(spec, path, workers, progress, say))


OF_RECORDS = Audits(
    command="audit",
    title="Privacy audit over several seeds",
    question="What each defence of a client's model update gives away, whichever records it is about.",
    canaries="White-box audit by canaries",
    unit=Unit.RECORD,
    average="average record",
    group=RECORDS,
    exposed=VULNERABLE,
    described=True,
    check=_check,
    play=_play,
    read=read_found,
)
