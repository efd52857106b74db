"""What was read off several rounds, put together."""

import numpy as np
import pytest

from analysis.methods.leakage.detectable import Estimate
from analysis.studies.recorded.observe import stack_rounds
from analysis.studies.recorded.observe_round import RoundObservation
from fedsz_privacy.core.errors import InputError

CLIENTS = ("one", "two")


def observation(took_part: list[bool], scores: list[list[float]], size: int, **fields) -> RoundObservation:
    defaults = {"performance": {}, "notices": ()} | fields
    sizes = {"none": (size,) * sum(took_part)}
    return RoundObservation(np.array(took_part), {"none": {"loss": np.array(scores)}}, sizes, **defaults)


FIRST = observation([True, True], [[1.0, 2.0], [3.0, 4.0]], 10, notices=("first",))
LAST = observation(
    [True, False],
    [[5.0, 0.0], [7.0, 0.0]],
    40,
    performance={"none": Estimate(0.5, 0.4, 0.6)},
    notices=("second", "third"),
)


def test_a_clients_scores_are_averaged_over_the_rounds_that_it_took_part_in():
    assert stack_rounds([FIRST, LAST], CLIENTS).mean("none", "loss").tolist() == [[3.0, 2.0], [5.0, 4.0]]


def test_rounds_lie_along_the_first_axis_and_every_update_counts_once():
    found = stack_rounds([FIRST, LAST], CLIENTS)
    assert found.took_part.tolist() == [[True, True], [True, False]]
    assert found.scores["none"]["loss"].shape == (2, 2, 2)
    assert found.sizes == {"none": 20.0}
    assert found.performance == LAST.performance
    assert found.notices == ("first", "second", "third")


def test_a_client_that_took_part_in_no_round_is_one_line():
    with pytest.raises(InputError, match=r"^no update of client two is finite: choose others by --client$"):
        stack_rounds([LAST, LAST], CLIENTS)
