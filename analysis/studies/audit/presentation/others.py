"""Whose noise an adversary meets who sees no client alone."""

from analysis.studies.audit.found import AuditReport
from analysis.studies.audit.spec import Others
from fedsz_privacy.core.dp_events import NonPrivateDpEvent
from fedsz_privacy.core.numbers import write_shortest
from fedsz_privacy.defences.proof import Observer
from fedsz_privacy.training.accounting import epsilon


def note_of_others(report: AuditReport) -> str:
    """Return one sentence on the other clients' noise, where it hides the target beside its own; else nothing."""
    spec = report.spec
    if spec.get_adversary().observer is not Observer.AGGREGATES or spec.others is Others.NONE:
        return ""
    private = {each.training: each.name for each in reversed(spec.parse_defences()) if _is_private(each.training.event)}
    if not private:
        return ""
    records = max(map(len, report.game.others))
    told = ", ".join(
        f"{epsilon(rule.sized(records).event, spec.delta):.2g} under {name}" for rule, name in reversed(private.items())
    )
    return (
        " The other clients train privately too, each with noise of its own that hides the target as well (their "
        f"epsilon at delta {write_shortest(spec.delta)} and {records} records is {told}): what is not found here is "
        "hidden by all of "
        "them, and --others none leaves the target's noise alone."
    )


def _is_private(event: object) -> bool:
    return not isinstance(event, NonPrivateDpEvent)
