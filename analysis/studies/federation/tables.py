"""The tables of a federation: for people, and as rows of numbers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType

import numpy as np

from analysis.methods.guarantee import note_of_claims
from analysis.reporting.numbers import count, difference, interval, significant, small
from analysis.reporting.table import Row, Table, with_interval
from analysis.studies.federation.found import FederationReport
from analysis.studies.spec import REFERENCE
from analysis.studies.units import cells, guaranteed_row, headings, note_of_units, reasons_table, units_of
from fedsz_privacy.defences.proof import Unit
from fedsz_privacy.federation.payload import Payload

PAYLOADS: Mapping[Payload, str] = MappingProxyType(
    {Payload.UPDATE: "update", Payload.STATE: "whole state after training"}
)
"""What a client sends, as a page says it."""


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
        f"is the share of training, encoding and decoding that is not training.{note_of_units(units)}"
        + note_of_claims(report.guarantees.values()),
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
