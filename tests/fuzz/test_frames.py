import pytest

from fuzz.frames import sweep
from fuzz.isolated import verdicts
from fuzz.judging import ACCEPTED

COUNTS = {"swept": lambda: len(sweep()), "mutated": lambda: 10_000}


@pytest.mark.slow
@pytest.mark.parametrize("source", COUNTS)
def test_no_hostile_frame_breaks_a_promise(source):
    count = COUNTS[source]()
    found = dict(verdicts(source, 0, 0, count))
    assert len(found) == count
    assert not {number: verdict.fault for number, verdict in found.items() if verdict.fault}
    reasons = {verdict.reason for verdict in found.values()}
    assert ACCEPTED in reasons
    assert len(reasons) > 5
