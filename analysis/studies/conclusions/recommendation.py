"""What a recommendation says in words: one line for each thing, and nothing that its figures do not support."""

from collections.abc import Iterator

from analysis.methods.non_inferiority import Standing, records_to_resolve, seeds_to_resolve
from analysis.reporting.numbers import FINE, change_of, interval, significant
from analysis.studies.conclusions.defence import Beside, PairedAuc, findable, judge
from analysis.studies.recommend.found import RecommendReport, Tried
from analysis.studies.recommend.leakage import LeakageChange

_JUDGED = {
    Beside.UNSEEN: "not told by this run, whose attacks may name nobody even without compression",
    Beside.ABOUT_AS_MUCH: "attacks name members about as well",
    Beside.MORE: "compression lets attacks name members better",
    Beside.LESS: "attacks name members less well, which guarantees nothing",
}
"""What is said of leakage that is told from that without compression, and of leakage that attacks do not see."""

NO_GUARANTEE = "guaranteed: nothing at any bound; FedSZ is deterministic, so its epsilon is infinite"


def recommendation(report: RecommendReport) -> tuple[str, ...]:
    """Return what is recommended and what it costs, saves and changes; or why nothing is, and what would settle it."""
    return (*_chosen(report), *_next(report), NO_GUARANTEE)


def lost(report: RecommendReport, tried: Tried) -> str:
    """Return a bound's loss with its interval, in the unit of the margin."""
    number, loss = report.margin.number, tried.loss
    return f"{number(loss.value)} [{number(loss.low)}, {number(loss.high)}]"


def bytes_sent(ratio: float) -> str:
    """Return how many bytes are sent, by the compression ratio: a ratio below one sends more.

    Examples
    --------
    >>> [bytes_sent(ratio) for ratio in (40.7, 1.0004, 0.97)]
    ['40.7 times fewer bytes', 'as many bytes', '1.03 times as many bytes']
    """
    times = significant(max(ratio, 1 / ratio))
    if times == "1":
        return "as many bytes"
    return f"{times} times fewer bytes" if ratio > 1 else f"{times} times as many bytes"


def _chosen(report: RecommendReport) -> Iterator[str]:
    chosen, margin = report.recommended, report.margin
    if chosen is None:
        at = f"at {report.tried[0].release}, the tightest"
        yield f"no bound is recommended: {at}, {margin.metric} is not sure {margin.to_lose} less than {margin}"
        return
    yield (
        f"{chosen.release}: {margin.metric} {margin.loses} {lost(report, chosen)} {margin.unit}, less than {margin}; "
        f"{bytes_sent(chosen.ratio.value)}; a client's round takes "
        f"{significant(chosen.round_seconds.value, 2)} seconds, {significant(chosen.seconds.value, 2)} of them to "
        "encode and decode its update"
    )
    if report.leakage:
        yield f"leakage: {leakage_changes(report.leakage)}"


def _next(report: RecommendReport) -> Iterator[str]:
    """Yield why no looser bound is recommended."""
    place = report.tried.index(report.recommended) + 1 if report.recommended else 0
    if place == len(report.tried):
        yield "no looser bound was tried: --bounds takes looser ones"
        return
    after, margin = report.tried[place], report.margin
    place_of = "next" if place else "tightest"
    found = f"{after.release}, the {place_of}, {margin.bound_loses} {lost(report, after)} {margin.unit}"
    if after.standing is Standing.ABOVE:
        yield f"{found}, {margin} or more{'' if place else ': try tighter --bounds'}"
    elif after.loss.value >= margin.value:
        yield f"{found}: more seeds, new ones from --seed {_new(report)} on, would say whether that is {margin} or more"
    else:
        yield f"{found}, which is not resolved: {_remedy(report, after)}"
    if alone := [each.release for each in report.tried[place + 1 :] if each.standing is Standing.BELOW]:
        by = "itself, and waits" if len(alone) == 1 else "themselves, and wait"
        yield f"{', '.join(alone)} would stay below by {by} for it: bounds are tried in order, the tightest first"


def _remedy(report: RecommendReport, after: Tried) -> str:
    seeds = seeds_to_resolve(after.loss, report.margin.value)
    records = records_to_resolve(after.loss, report.margin.value, report.test_records)
    wanted = f"about {seeds} seeds" if seeds else "more than 1,000 seeds"
    return (
        f"{wanted} would, new ones from --seed {_new(report)} on, if they spread alike, or {records:,} test records at "
        "the least"
    )


def _new(report: RecommendReport) -> int:
    """Return the first seed that was not looked at: a rule that looks again at the same seeds fails more often."""
    return report.spec.seed + report.spec.seeds


def leakage_changes(change: LeakageChange) -> str:
    """Return in one sentence what a release changes in leakage, as far as the figures go."""
    moved = change.difference
    beside = (
        f"attacks without shadow models have AUC {interval(change.undefended)} on the updates as they are, and "
        f"{change_of(moved, FINE)} through the release"
    )
    if change.detectable:
        beside += f", where {findable(change.detectable)}"
    judged = judge(PairedAuc(change.released, change.undefended, moved, change.detectable))
    return f"{_JUDGED.get(judged) or _unchanged(change)}: {beside}"


def _unchanged(change: LeakageChange) -> str:
    return f"compression changes {'nothing that was found' if change.detectable else 'nothing in any of these seeds'}"
