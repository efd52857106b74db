"""Rounds of a federation, kept in a file up to the last one, so that an interrupted run goes on."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.torch import load, save

from analysis.reporting.progress import Say, unsaid
from analysis.studies.federation.found import RoundRow
from analysis.studies.federation.record import record_round
from fedsz_privacy.codec.last_round import LastRound
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.files import read_if_there, write_atomically
from fedsz_privacy.core.sealed import seal, unseal
from fedsz_privacy.core.state import StateDict, concatenate, length, stack_of_one, unstack
from fedsz_privacy.data.records import Records
from fedsz_privacy.defences.release import Release
from fedsz_privacy.federation.federation import Federation
from fedsz_privacy.federation.recorder import Recorder
from fedsz_privacy.federation.rounds import Round
from fedsz_privacy.training.divergence import measure_remedy
from fedsz_privacy.training.evaluation import measure, measure_each


def continue_rounds(
    federation: Federation,
    test: Records,
    rounds: int,
    path: Path,
    about: Mapping[str, object],
    say: Say,
    recorder: Recorder | None,
) -> Iterator[RoundRow]:
    """Yield the rows of all rounds, those in the file first, and keep the file up to the last one."""
    initial = stack_of_one(federation.model.state_dict())
    rows, states = _read(path, initial, about, say)
    if recorder and not all(recorder.holds(row.round) for row in rows):
        rows, states = [], [initial]
    yield from rows
    state, *others = states
    remembers = rows and federation.release.remembering
    lasts = [LastRound(rows[-1].round, unstack(others.pop(0), 0))] if remembers else []
    for played in islice(federation.rounds(state, len(rows), others, lasts), rounds - len(rows)):
        if recorder:
            record_round(recorder, played)
        rows.append(_row(played, _measure(federation, played, test)))
        together = concatenate([played.after, *_remembered(federation.release, played)])
        kept = {name: tensor.contiguous() for name, tensor in together.items()}
        write_atomically(path, seal(partial(save, kept), {**about, "rows": [asdict(row) for row in rows]}))
        yield rows[-1]


def measure_last(federation: Federation, path: Path, about: Mapping[str, object], test: Records) -> NDArray[np.float64]:
    """Return the metric of each test record after the last of the rounds in a file, shape (records,)."""
    _, states = _read(path, stack_of_one(federation.model.state_dict()), about, unsaid)
    (found,) = measure_each(federation.model, states[0], test)
    return np.asarray(found.cpu().numpy(), np.float64)


def _remembered(release: Release, played: Round) -> Iterator[StateDict]:
    """Yield what the next round needs beside the global state: this one as the last, and what clients remember."""
    if release.remembering:
        yield stack_of_one(played.lasts[0].average)
    yield from (each for each in played.residuals if each)


def _read(
    path: Path, initial: StateDict, about: Mapping[str, object], say: Say
) -> tuple[list[RoundRow], list[StateDict]]:
    """Return finished rounds, and the state after them, then what `_remembered` yielded of the last.

    No rounds and the initial state if no file of theirs is there.
    """
    data = read_if_there(path)
    if data is None:
        return [], [initial]
    try:
        said, kept = unseal(load, data, about)
    except ValueError as reason:
        say(f"{path} {reason}: its rounds are played again")
        return [], [initial]
    rows = [RoundRow(**row) for row in said["rows"]]
    stacked = {name: kept[name].to(tensor.device) for name, tensor in initial.items()}
    return rows, [stack_of_one(unstack(stacked, row)) for row in range(length(stacked))]


def _measure(federation: Federation, played: Round, test: Records) -> float:
    measured = float(measure(federation.model, played.after, test))
    if not math.isfinite(measured):
        name = f"{(task := test.task).metric} of task {task.name}"
        remedy = measure_remedy(task, played.after, federation.training.remedy)
        raise InputError(f"{name} is not finite after round {played.number + 1}: {remedy}")
    return measured


def _row(played: Round, performance: float) -> RoundRow:
    # Where the draw left everybody out, nobody trained for the round, and all are measured.
    took_part = np.flatnonzero(played.cohort.all(axis=0)).tolist()
    sent = [played.sent(client) for client in took_part or range(len(played.clients))]
    costs = np.array([(c.nbytes[0], c.training_seconds, c.encode_seconds, c.decode_seconds) for c in sent])
    return RoundRow(played.number, performance, *costs.mean(axis=0).tolist())
