"""The report of a recommendation: results, table, figure and page."""

from dataclasses import asdict
from pathlib import Path

from analysis.reporting.finished import link_pages, write_run
from analysis.reporting.folder import RunFolder, to_json
from analysis.reporting.numbers import count, interval, significant, significant_interval
from analysis.reporting.page import Page, Picture
from analysis.reporting.style import house_style, to_files
from analysis.reporting.table import Row, Table, to_csv, with_interval
from analysis.studies.command import to_command
from analysis.studies.conclusions.recommendation import lost
from analysis.studies.questions import to_plain
from analysis.studies.recommend.figure import loss_and_ratio
from analysis.studies.recommend.found import RecommendReport, Tried
from analysis.studies.recommend.leakage import SIGNALS
from analysis.studies.recommend.run import audit_of, federation_of
from analysis.studies.training_words import training_words

CAPTION = (
    "Left, what is lost after the last round, paired by seed: a bound stays below with its whole interval. Right, "
    "the bytes of an update over those that are sent: below 1, more are sent."
)


def write_recommend(report: RecommendReport, folder: RunFolder) -> Path:
    """Write results.json, the table, the figure and the page to a run's folder, and return the path of the page."""
    with house_style():
        pictures = to_files({"loss_and_ratio": loss_and_ratio(report)})
    table = bounds_table(report)
    files: dict[str, str | bytes] = {
        "results.json": to_json(to_results(report)),
        "tables/summary.csv": to_csv(report.summary),
        "tables/bounds.csv": to_csv(bound_rows(report)),
        "report.md": table.to_markdown(),
        **pictures,
    }
    return write_run(folder, make_page(report), files)


def bounds_table(report: RecommendReport) -> Table:
    """Return one row for each bound, tightest first."""
    return Table(
        title="What each error bound loses and saves",
        note=f"{report.spec.in_words}, {count(report.spec.rounds, 'round')}, {report.test_records:,} test records. "
        f"{report.margin.lost.capitalize()} is against no compression, paired by seed, after the last round; without "
        f"compression {report.margin.metric} is {significant(report.undefended.value, 4)}. Means over "
        f"{count(report.spec.seeds, 'seed')} with 95% t intervals. Bounds are tried from the tightest on, up to the "
        "first that does not stay below; so by Student's t the chance of recommending one that loses as much or more "
        "is 2.5% at most, however many are "
        f"tried. A round is one client's: training, encoding and decoding.{_note_of_widths(report)}",
        columns=(
            "release",
            report.margin.named.replace(" (", "\n("),
            f"standing against\nmax loss {report.spec.max_loss}",
            "ratio",
            "encoding and\ndecoding seconds",
            "seconds of a\nclient's round",
        ),
        rows=[
            (
                each.release,
                lost(report, each),
                f"{each.standing.value}{', recommended' if each == report.recommended else ''}",
                significant_interval(each.ratio, 4),
                interval(each.seconds, 4),
                interval(each.round_seconds, 4),
            )
            for each in report.tried
        ],
    )


def to_results(report: RecommendReport) -> dict[str, object]:
    """Return what ``results.json`` holds; losses are in the metric's own unit."""
    return {
        "spec": to_plain("recommend", report.spec),
        "metric": report.margin.metric,
        "max_loss": report.margin.value,
        "test_records": report.test_records,
        "undefended": asdict(report.undefended),
        "bounds": [_plain(each) for each in report.tried],
        "recommended": report.recommended.release if report.recommended else None,
        "leakage": asdict(report.leakage) if report.leakage else None,
        "said": list(report.conclusion),
    }


def summary_rows(report: RecommendReport) -> list[Row]:
    """Return one row for each bound: means over seeds; losses are in the metric's own unit."""
    return [
        {
            "release": each.release,
            "bound": each.bound,
            **with_interval("lost", each.loss),
            "standing": each.standing.value,
            "recommended": each == report.recommended,
            **with_interval("ratio", each.ratio),
            **with_interval("seconds", each.seconds),
            **with_interval("round_seconds", each.round_seconds),
        }
        for each in report.tried
    ]


def bound_rows(report: RecommendReport) -> list[Row]:
    """Return one row for each bound and seed."""
    return [
        {"release": each.release, "seed": seed, "lost": loss, "ratio": ratio, "seconds": seconds}
        for each in report.tried
        for seed, loss, ratio, seconds in zip(
            report.spec.every_seed, each.loss.values, each.ratio.values, each.seconds.values, strict=True
        )
    ]


def make_page(report: RecommendReport) -> Page:
    """Return what the page shows, and what the command ends with."""
    spec, table = report.spec, bounds_table(report)
    seeds = spec.every_seed
    audits = link_pages("The audit of each seed", (audit_of(Path(), seed) for seed in seeds))
    return Page(
        title="The loosest error bound that costs little enough",
        question=f"Which error bound costs less than {report.margin} of {report.margin.metric}, what it saves, and "
        "what it changes in leakage.",
        setting={
            "Data and model": f"{spec.data}; {spec.model}",
            "Federation": spec.rounds_in_words(report.records),
            "Training": training_words(spec),
            "Pairing": "of one seed, all bounds have the same records, clients, initial weights and batches",
            "Leakage": "measured on the updates that clients trained without compression, as they are and through the "
            "release; the adversary sees every update and the global state before it, has no shadow models, and uses "
            f"the strongest of {', '.join(SIGNALS)}, chosen on other records than it is measured on; average record",
            "Seeds": ", ".join(map(str, seeds)),
            "Command": to_command("recommend", spec),
            **({"To know": "; ".join(report.notices)} if report.notices else {}),
        },
        conclusion=report.conclusion,
        cover=Picture("loss_and_ratio", CAPTION, ". ".join(report.conclusion)),
        body=(
            table,
            link_pages("The federation of each seed", (federation_of(Path(), seed) for seed in seeds)),
            *((audits,) if report.leakage else ()),
        ),
        closing=(table,),
    )


def _note_of_widths(report: RecommendReport) -> str:
    """Return what to know of intervals of width 0, where there are some."""
    if all(each.loss.low < each.loss.high for each in report.tried):
        return ""
    return " An interval of width 0: all seeds lost the same; another seed may not."


def _plain(tried: Tried) -> dict[str, object]:
    return {**asdict(tried), "standing": tried.standing.value}
