import pytest

from fuzz.frames import sweep
from fuzz.isolated import verdicts
from fuzz.judging import ACCEPTED


@pytest.mark.slow
@pytest.mark.parametrize(("source", "count"), [("swept", len(sweep())), ("mutated", 10_000)])
def test_no_hostile_frame_breaks_a_promise(source, count):
    found = dict(verdicts(source, 0, 0, count))
    assert len(found) == count
    assert not {number: verdict.fault for number, verdict in found.items() if verdict.fault}
    reasons = {verdict.reason for verdict in found.values()}
    assert ACCEPTED in reasons
    assert len(reasons) > 5
