"""Scores in .npz files, read without pickle."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.studies.scores.readers.columns import (
    MEMBER,
    OWN_LAYOUT,
    PRIVACY_METER,
    RECORD,
    RELEASE,
    RUN,
    Columns,
)
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.data.archives import Header, find_names, read_arrays

INSIDE, OUTSIDE = "in_canary_scores", "out_canary_scores"
"""The two arguments of ``jax_privacy.auditing.CanaryScoreAuditor``, saved under their own names."""


def read_npz(path: Path) -> Columns:
    """Return the scores of an .npz file: this toolkit's own arrays, Privacy Meter's, or jax-privacy's two.

    Raises
    ------
    InputError
        If it cannot be read, is of none of the layouts, or its arrays do not fit each other.
    """
    names = find_names(path)
    if {INSIDE, OUTSIDE} <= set(names):
        return _read_canaries(path)
    layout = PRIVACY_METER if PRIVACY_METER.fits(names) else OWN_LAYOUT
    if not layout.fits(names):
        raise InputError(
            f"{path} has no array {MEMBER!r} but {', '.join(names[:20]) or 'nothing'}: save one that is true for "
            "members, and scores of its shape beside it"
        )
    keys = {key: name for key, name in layout.keys.items() if name in names}
    signals = list(layout.signals or (name for name in names if name not in (layout.member, *keys.values())))
    chosen = [layout.member, *keys.values(), *signals]
    arrays = read_arrays(path, partial(_require_one_shape, path=path, member=layout.member), chosen)
    axes = _axes(arrays[layout.member].shape)
    if axes and keys:
        raise InputError(f"{path} has {', '.join(keys)} beside arrays (runs, records): leave them out, or save columns")
    return Columns(
        layout=layout.maker,
        member=arrays[layout.member].ravel(),
        signals={name: arrays[name].ravel() for name in signals},
        keys={key: arrays[name] for key, name in keys.items()} | axes,
    )


def _read_canaries(path: Path) -> Columns:
    arrays = read_arrays(path, partial(_require_vectors, path=path), (INSIDE, OUTSIDE))
    inside, outside = arrays[INSIDE], arrays[OUTSIDE]
    return Columns(
        layout="jax-privacy",
        member=np.arange(len(inside) + len(outside)) < len(inside),
        signals={"score": np.concatenate([inside, outside])},
    )


def _axes(shape: tuple[int, ...]) -> dict[str, NDArray[Any]]:
    """Return run and record of each score of an array (runs, records); nothing of a vector."""
    if len(shape) == 1:
        return {}
    run, record = np.indices(shape)
    return {RUN: run.ravel(), RECORD: record.ravel()}


def _require_one_shape(headers: Mapping[str, Header], path: Path, member: str) -> None:
    shape, _ = headers[member]
    if len(shape) not in {1, 2}:
        raise InputError(f"{member} of {path} is of shape {shape}: save (scores,), or (runs, records)")
    for name, (found, dtype) in headers.items():
        if found != shape:
            raise InputError(f"{name} of {path} is of shape {found} and {member} of {shape}: save both in one shape")
        if dtype.kind not in ("biuU" if name in (RUN, RECORD, RELEASE) else "biuf"):
            raise InputError(f"{name} of {path} is of type {dtype}: save numbers; run, record and release may be text")


def _require_vectors(headers: Mapping[str, Header], path: Path) -> None:
    for name, (shape, dtype) in headers.items():
        if len(shape) != 1 or dtype.kind not in "biuf":
            raise InputError(f"{name} of {path} is {dtype} {shape}: save numbers, (canaries,)")
