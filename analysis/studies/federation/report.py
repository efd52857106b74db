"""The report of a federation: tables and figures, and for which links compressing pays."""

import math
from dataclasses import asdict
from pathlib import Path

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure

from analysis.reporting.folder import RunFolder, to_json
from analysis.reporting.page import to_png
from analysis.reporting.style import house_style
from analysis.reporting.table import Table, to_csv
from analysis.studies.federation.run import FederationReport
from analysis.studies.questions import to_plain
from analysis.studies.spec import REFERENCE

BANDWIDTHS = np.geomspace(1, 1e4, 200)
"""Mbit/s."""


def summary_table(report: FederationReport) -> Table:
    """Return one row for each release."""
    spec = report.spec
    return Table(
        title="Federated averaging under each release",
        note=f"{_setting(report)}, {spec.records} training records, {spec.rounds} rounds. Bytes and seconds are a "
        "client's, in a round. Overhead is the share of training, encoding and decoding that is not training.",
        columns=(
            "release",
            "accuracy\nlast round",
            "accuracy\nminus none",
            "bytes\nsent up",
            "\nratio",
            "training\nseconds",
            "encoding\nseconds",
            "decoding\nseconds",
            "\noverhead",
            "pays below\nMbit/s",
        ),
        rows=[_summary(report, release) for release in report.rounds],
    )


def accuracy_by_round(report: FederationReport) -> Figure:
    """Draw test accuracy of the global model after each round."""
    figure = Figure(figsize=(9.5, 4.8), layout="constrained")
    panel = figure.subplots()
    for style, colour, (release, rows) in zip("ox^sDv" * 9, _colours(report), report.rounds.items(), strict=False):
        rounds = [row.round + 1 for row in rows]
        panel.plot(rounds, [row.performance for row in rows], marker=style, color=colour, label=release, alpha=0.85)
    panel.set(xlabel="round", ylabel="test accuracy of the global model", title=_setting(report))
    figure.legend(title="release", loc="outside right upper")
    figure.suptitle("Accuracy by round")
    return figure


def link_model(report: FederationReport) -> Figure:
    """Draw the time that an update takes to the server against bandwidth, and mark where compressing stops to pay."""
    figure = Figure(figsize=(9.5, 4.8), layout="constrained")
    panel = figure.subplots()
    for colour, release in zip(_colours(report), report.rounds, strict=False):
        panel.plot(BANDWIDTHS, [report.transfer(release).seconds(b) for b in BANDWIDTHS], color=colour, label=release)
        crossing = report.break_even(release)
        if BANDWIDTHS[0] <= crossing <= BANDWIDTHS[-1]:
            seconds = report.transfer(release).seconds(crossing)
            panel.plot(crossing, seconds, "o", color=colour)
            panel.annotate(f"{crossing:,.0f} Mbit/s", (crossing, seconds), (6, 10), textcoords="offset points")
    panel.set(xscale="log", yscale="log", xlabel="bandwidth (Mbit/s)", ylabel="encode + send + decode (seconds)")
    panel.set_title(_setting(report))
    figure.legend(title="release", loc="outside right upper")
    figure.suptitle("Time to the server; compressing pays left of the dot")
    return figure


FIGURES = {"accuracy": accuracy_by_round, "link": link_model}


def write_federation(report: FederationReport, folder: RunFolder) -> Path:
    """Write results.json, tables, and figures to a run's folder, and return the path of the Markdown table."""
    rows = [{"release": release, **asdict(row)} for release, played in report.rounds.items() for row in played]
    folder.write("results.json", to_json({"spec": to_plain("federate", report.spec), "rounds": rows}))
    folder.write("tables/rounds.csv", to_csv(rows))
    with house_style():
        for name, draw in FIGURES.items():
            folder.write(f"figures/{name}.png", to_png(draw(report)))
    return folder.write("report.md", summary_table(report).to_markdown())


def _summary(report: FederationReport, release: str) -> tuple[str, ...]:
    rows, plain = report.rounds[release], release == REFERENCE
    mean = {name: np.mean([getattr(row, name) for row in rows]) for name in asdict(rows[0])}
    return (
        release,
        f"{rows[-1].performance:.4f}",
        "-" if plain else f"{report.change(release):+.4f}",
        f"{mean['nbytes']:,.0f}",
        f"{report.ratio(release):.2f}",
        f"{mean['training_seconds']:.3f}",
        f"{mean['encode_seconds']:.4f}",
        f"{mean['decode_seconds']:.4f}",
        f"{report.overhead(release):.2%}",
        "-" if plain else _megabits(report.break_even(release)),
    )


def _megabits(bandwidth: float) -> str:
    return "always" if math.isinf(bandwidth) else f"{bandwidth:,.0f}"


def _setting(report: FederationReport) -> str:
    spec = report.spec
    return f"{spec.model} on {Path(spec.data).name}, {spec.clients} clients, {spec.partition}"


def _colours(report: FederationReport) -> list[tuple[float, float, float]]:
    return list(sns.color_palette("colorblind", len(report.rounds)))
