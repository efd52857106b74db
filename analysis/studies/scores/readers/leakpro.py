"""Scores in the .json files that LeakPro writes to ``data_objects``, one for each attack."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.studies.scores.readers.columns import Columns
from fedsz_privacy.core.errors import InputError, one_line
from fedsz_privacy.core.files import one_line_for, require_file

TRUE, SIGNAL, NAME = "true_labels", "signal_values", "result_name"
MOST_BYTES = 2**30
"""Largest file that is read: JSON takes several times its size in memory."""


def read_json_scores(path: Path) -> Columns:
    """Return the scores of one attack.

    Raises
    ------
    InputError
        If the file cannot be read, or holds no scores.
    """
    require_file(path, "give a .json file of LeakPro's data_objects")
    if (size := path.stat().st_size) > MOST_BYTES:
        raise InputError(f"{path} has {size} bytes, more than {MOST_BYTES}: save its scores as .npz")
    try:
        with one_line_for("read", path):
            kept = json.loads(path.read_bytes())
    except InputError:
        raise
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no JSON that can be read ({one_line(error)}): save it again") from error
    if not isinstance(kept, dict) or TRUE not in kept or SIGNAL not in kept:
        raise InputError(f"{path} has no {TRUE} and {SIGNAL}: give a .json file of LeakPro's data_objects")
    if kept[SIGNAL] is None:
        raise InputError(f"{path} holds counts of errors and no scores: this attack of LeakPro gives none")
    return Columns(
        layout="LeakPro",
        member=_vector(kept[TRUE], TRUE, path),
        signals={str(kept.get(NAME) or "score"): _vector(kept[SIGNAL], SIGNAL, path)},
    )


def _vector(values: Any, name: str, path: Path) -> NDArray[Any]:
    try:
        vector = np.ravel(np.asarray(values, dtype=np.float64))
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} of {path} are no numbers ({one_line(error)}): save them again") from error
    return vector
