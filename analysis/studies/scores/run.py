"""An audit of scores: ROC statistics of each signal, paired differences, and the bounds that the design allows."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.methods.leakage.membership import Leakage, leakage, resolvable_rates, roc_statistics
from analysis.methods.leakage.resampling import BY_CANDIDATE, BY_TRIAL, RESAMPLES, scattered_weights
from analysis.reporting.folder import RunFolder, open_run
from analysis.reporting.numbers import count
from analysis.reporting.progress import Progress, silent
from analysis.studies.scores.designs import Method, Withheld, methods_for
from analysis.studies.scores.found import Bounded, ScoresReport
from analysis.studies.scores.readers import read_columns
from analysis.studies.scores.spec import ScoresSpec
from analysis.studies.scores.table import ScoreTable, to_table
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.threads import one_thread

FEWEST = 20
"""Scores of members, and of non-members, below which intervals cover too seldom.

Two of one and six of the other are named without a fault by chance, and their bootstrap knows no other outcome.
"""


@one_thread()
def run_scores(spec: ScoresSpec, path: Path, progress: Progress = silent) -> tuple[ScoresReport, RunFolder]:
    """Audit a file of scores.

    Raises
    ------
    InputError
        If the file cannot be read, or contradicts the design; or the folder holds another run. Nothing is written then.
    """
    table = to_table(read_columns(Path(spec.file)), spec.file, spec.signals, spec.lower, spec.reference)
    methods = methods_for(spec.design, table, spec.delta)
    measured = measure(table, spec.seed, progress)
    bounds = bound_epsilon(spec, table, methods)
    return ScoresReport(spec, table, measured, methods, bounds), open_run(path, spec.to_dict())


def measure(table: ScoreTable, seed: int, progress: Progress = silent) -> dict[str, dict[str, Leakage]]:
    """Return the leakage of each release by each signal, all from the same resamples, as ``[release][signal]``.

    What is resampled is what was random: runs and records where there are several runs, records where there is one.

    Raises
    ------
    InputError
        If there are fewer than `FEWEST` members or non-members, or hardly a resample has both.
    """
    non_members = int((~table.member).sum())
    members = table.member.size - non_members
    if min(members, non_members) < FEWEST:
        raise InputError(
            f"{count(members, 'score')} of members and {non_members} of non-members are too few to tell an interval: "
            f"give {FEWEST} of each or more"
        )
    rates = resolvable_rates(non_members)
    cases = [(release, signal) for release, by_signal in table.scores.items() for signal in by_signal]
    replicates = {
        (release, signal): roc_statistics(
            table.scores[release][signal],
            table.member,
            scattered_weights(table.run, table.record, generator(seed, Purpose.BOOTSTRAP)),
            rates,
        )
        for release, signal in progress(cases, description="intervals", total=len(cases))
    }
    for found in replicates.values():
        _require_both(found, table)
    return {
        release: {
            signal: leakage(replicates[release, signal], replicates[table.reference, signal], non_members)
            for signal in by_signal
        }
        for release, by_signal in table.scores.items()
    }


def _require_both(replicates: NDArray[np.float64], table: ScoreTable) -> None:
    for rows, drawn in ((BY_TRIAL, f"runs out of {table.runs}"), (BY_CANDIDATE, f"records out of {table.records}")):
        if np.isnan(replicates[rows, 0]).sum() > RESAMPLES / 2:
            raise InputError(
                f"resamples of {drawn} mostly lack members or non-members, so no interval can be told: give more scores"
            )


def bound_epsilon(spec: ScoresSpec, table: ScoreTable, methods: Sequence[Method | Withheld]) -> list[Bounded]:
    """Return every bound whose conditions hold; all releases and signals are split alike."""
    return [
        Bounded(
            release,
            signal,
            method,
            method.bound(scores, table, spec.delta, spec.confidence, generator(spec.seed, Purpose.BOUND)),
        )
        for release, by_signal in table.scores.items()
        for signal, scores in by_signal.items()
        for method in methods
        if isinstance(method, Method)
    ]
