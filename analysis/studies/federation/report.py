"""The report of a federation: table, figures and page, and for which links compressing pays."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from analysis.reporting.canvas import Canvas, new_panel
from analysis.reporting.finished import write_run
from analysis.reporting.folder import RunFolder, to_json
from analysis.reporting.lettering import scaled
from analysis.reporting.numbers import count, difference, interval, significant, small
from analysis.reporting.page import Page, Picture
from analysis.reporting.style import house_style, looks, to_files
from analysis.reporting.table import Row, Table, to_csv, with_interval
from analysis.reporting.titles import finish_panel
from analysis.studies.command import to_command
from analysis.studies.federation.found import FederationReport
from analysis.studies.questions import to_plain
from analysis.studies.spec import REFERENCE
from analysis.studies.training_words import training_words
from analysis.studies.units import cells, guaranteed_row, headings, note_of_units, reasons_table, units_of
from fedsz_privacy.defences.grammar import write_shortest
from fedsz_privacy.defences.proof import Unit
from fedsz_privacy.federation.payload import Payload

PAYLOADS: Mapping[Payload, str] = MappingProxyType(
    {Payload.UPDATE: "update", Payload.STATE: "whole state after training"}
)
"""What a client sends, as a page says it."""

PALE = 0.4
"""Opacity of no defence, a band that others may run inside."""

BANDWIDTHS = np.geomspace(1, 1e4, 200)
"""Mbit/s."""

SIZES = (15.0, 5.0)
"""Sizes of the points behind all others and before them, so that none hides another; lines are a third as wide."""


def summary_table(report: FederationReport) -> Table:
    """Return one row for each defence."""
    spec, units = report.spec, units_of(report.guarantees.values())
    return Table(
        title="Federated averaging under each defence",
        note=f"{report.spec.in_words}, {count(report.records, 'training record')}, {count(spec.rounds, 'round')}. "
        "Through a "
        f"release goes a client's {PAYLOADS[spec.payload]}. A guarantee is over all rounds, for the unit of privacy of "
        f"its column. 95% intervals of {report.metric} are over test records, and of its difference paired by record; "
        "another training is not in them. Bytes and seconds are those of a client who takes part, in a round. Overhead "
        f"is the share of training, encoding and decoding that is not training.{note_of_units(units)}",
        columns=(
            "defence",
            *headings(units, spec.delta),
            f"{report.metric}\nlast round",
            f"{report.metric}\nminus none",
            "bytes\nsent up",
            "ratio",
            "training\nseconds",
            "encoding\nseconds",
            "decoding\nseconds",
            "overhead",
            "pays below\nMbit/s",
        ),
        rows=[_summary(report, name, units) for name in report.rounds],
    )


def guarantee_table(report: FederationReport) -> Table:
    """Return what is guaranteed under each defence, and why."""
    note = "Theorems, which hold for every adversary of their kind; nothing here is measured."
    return reasons_table(report.guarantees, note, report.spec.delta)


def performance_by_round(report: FederationReport, ax: Axes | None = None) -> Canvas:
    """Draw test performance of the global model after each round, each defence thinner than those behind it."""
    panel, defences = new_panel(ax, 11, 4.8), len(report.rounds)
    sizes = np.geomspace(*SIZES, defences)
    for look, size, (name, rows) in zip(looks(defences), sizes, report.rounds.items(), strict=True):
        rounds, performance = [row.round + 1 for row in rows], [row.performance for row in rows]
        panel.plot(
            rounds,
            performance,
            marker=look.marker,
            markersize=scaled(size),
            color=look.colour,
            label=name,
            linewidth=scaled(size / 3),
            alpha=PALE if name == REFERENCE else 1,
        )
    # From zero on, so that a small difference looks small.
    panel.set_ylim(0, max(1.0, panel.get_ylim()[1]))
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    panel.set(xlabel="round", ylabel=f"test {report.metric} of the global model", title=report.spec.in_words)
    return finish_panel(panel, ax, f"{report.metric.capitalize()} by round", title="defence")


def link_model(report: FederationReport, ax: Axes | None = None) -> Canvas:
    """Draw the time that an update takes to the server against bandwidth, and mark where compressing stops to pay."""
    panel = new_panel(ax, 11, 4.8)
    for look, defence in zip(looks(len(report.rounds)), report.rounds, strict=True):
        seconds = [report.transfer(defence).seconds(bandwidth) for bandwidth in BANDWIDTHS]
        (line,) = panel.plot(BANDWIDTHS, seconds, linestyle=look.line, color=look.colour, label=defence)
        crossing = report.break_even(defence)
        if BANDWIDTHS[0] <= crossing <= BANDWIDTHS[-1]:
            place, told = (crossing, report.transfer(defence).seconds(crossing)), f"{crossing:,.0f} Mbit/s"
            panel.plot(*place, "o", color=look.colour)
            line.set_label(f"{defence}, below {told}")
    panel.set(xscale="log", yscale="log", xlabel="bandwidth (Mbit/s)", ylabel="encode + send + decode (seconds)")
    panel.set_title(report.spec.in_words)
    return finish_panel(panel, ax, "Time to the server; compressing pays left of the dot", title="defence")


FIGURES: Mapping[str, tuple[Callable[[FederationReport], Canvas], str]] = MappingProxyType(
    {
        "performance": (
            performance_by_round,
            "All defences start from the same weights. A curve inside the pale band is not told from none's here, "
            "and curves that coincide lie within one another.",
        ),
        "link": (
            link_model,
            "The time from a client to the server. Left of a dot, on slower links, compressing saves time.",
        ),
    }
)
"""The figures of a federation with their captions, by the name of their file."""


def write_federation(report: FederationReport, folder: RunFolder) -> Path:
    """Write results.json, tables, figures and the page to a run's folder, and return the path of the page."""
    with house_style():
        pictures = to_files({name: draw(report) for name, (draw, _) in FIGURES.items()})
    files: dict[str, str | bytes] = {
        "results.json": to_json(to_results(report)),
        "tables/summary.csv": to_csv(report.summary),
        "tables/rounds.csv": to_csv(round_rows(report)),
        "report.md": summary_table(report).to_markdown(),
        **pictures,
    }
    return write_run(folder, make_page(report), files)


def to_results(report: FederationReport) -> dict[str, object]:
    """Return what ``results.json`` holds; an infinite epsilon stands as the string ``"inf"``."""
    return {
        "spec": to_plain("federate", report.spec),
        "metric": report.metric,
        "performance": {name: asdict(each) for name, each in report.performance.items()},
        "performance_minus_none": {name: asdict(each) for name, each in report.changes.items()},
        "guarantees": {name: stated.to_dict() for name, stated in report.guarantees.items()},
        "rounds": round_rows(report),
    }


def summary_rows(report: FederationReport) -> list[Row]:
    """Return one row for each defence: guaranteed, and what it costs; seconds are means over clients and rounds."""
    units = units_of(report.guarantees.values())
    return [
        {
            "defence": name,
            **guaranteed_row(report.guarantees[name], units),
            **with_interval("performance", report.performance[name]),
            **with_interval("performance_difference", report.changes[name]),
            "bytes": report.transfer(name).nbytes,
            "ratio": report.ratio(name),
            **_mean_seconds(report, name),
            "overhead": report.overhead(name),
            "pays_below_megabits": report.break_even(name),
        }
        for name in report.rounds
    ]


def round_rows(report: FederationReport) -> list[Row]:
    """Return one row for each defence and round."""
    return [{"defence": name, **asdict(row)} for name, played in report.rounds.items() for row in played]


def make_page(report: FederationReport) -> Page:
    """Return what the page shows, and what the command ends with."""
    spec, summary = report.spec, summary_table(report)
    pictures = {name: Picture(name, caption, ". ".join(report.conclusion)) for name, (_, caption) in FIGURES.items()}
    return Page(
        title="A federation under defences",
        question="What each defence costs in performance, bytes and time, and when compressing pays.",
        setting={
            "Data and model": f"{spec.data}; {spec.model}",
            "Federation": spec.rounds_in_words(report.records),
            "Training": training_words(spec, spec.defences),
            "Sent": f"each client's {PAYLOADS[spec.payload]}, through the release",
            "Unit of privacy": "that of its column: one record (example) of a client, added or removed, or one client",
            "Delta": f"{write_shortest(spec.delta)}, of every epsilon",
            "Seed": str(spec.seed),
            "Command": to_command("federate", spec),
            **({"To know": "; ".join(report.notices)} if report.notices else {}),
        },
        conclusion=report.conclusion,
        cover=pictures["performance"],
        body=(summary, guarantee_table(report), *(each for each in pictures.values() if each.name != "performance")),
        closing=(summary,),
    )


def _summary(report: FederationReport, name: str, units: Sequence[Unit]) -> tuple[str, ...]:
    plain, seconds = name == REFERENCE, _mean_seconds(report, name)
    return (
        name,
        *cells(report.guarantees[name], units),
        interval(report.performance[name]),
        "-" if plain else difference(report.changes[name]),
        f"{report.transfer(name).nbytes:,.0f}",
        significant(report.ratio(name), 4),
        f"{seconds['training_seconds']:.3f}",
        small(seconds["encode_seconds"], 4),
        small(seconds["decode_seconds"], 4),
        f"{report.overhead(name):.2%}",
        "-" if plain else _megabits(report.break_even(name)),
    )


def _mean_seconds(report: FederationReport, name: str) -> dict[str, float]:
    """Return how long a client trains, encodes and decodes under a defence, in seconds, as means over rounds."""
    parts = ("training_seconds", "encode_seconds", "decode_seconds")
    return {part: float(np.mean([getattr(row, part) for row in report.rounds[name]])) for part in parts}


def _megabits(bandwidth: float) -> str:
    return "always" if math.isinf(bandwidth) else f"{bandwidth:,.0f}"
