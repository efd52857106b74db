"""What a user's own calibration returns is checked: one line names the signal."""

import numpy as np
import pytest

from attacks import Signal
from fedsz_privacy import InputError

MEMBERSHIP = np.indices((4, 3)).sum(axis=0) % 2 == 0
LOOKS = np.arange(24.0).reshape(4, 2, 3)

CALIBRATIONS = {
    "another shape": (lambda read, _: read.mean(axis=1), r"is calibrated to float64 \(4,\): give float64 \(4, 3\)"),
    "nothing": (lambda *_: None, r"is calibrated to NoneType: give float64 \(4, 3\)"),
    "text": (lambda read, _: read.astype(str), r"is calibrated to <U32 \(4, 3\): give float64"),
    "not finite": (
        lambda read, _: np.where(np.arange(4)[:, None] == 2, np.inf, read),
        "gives trial 2 scores that are not finite: calibrate to finite ones",
    ),
}


@pytest.mark.parametrize("kind", CALIBRATIONS)
def test_what_cannot_be_scores_is_one_line(kind):
    calibrate, message = CALIBRATIONS[kind]
    with pytest.raises(InputError, match=f"^signal own {message}"):
        Signal("own", lambda view: view.losses, calibrate).score(LOOKS, MEMBERSHIP)


def test_votes_add_up_over_looks_as_numbers():
    votes = Signal("own", lambda view: view.losses, lambda read, _: read > 4)
    assert votes.score(LOOKS, MEMBERSHIP).tolist() == (LOOKS > 4).sum(axis=1).tolist()
