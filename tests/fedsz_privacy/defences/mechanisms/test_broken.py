"""A broken mechanism is caught, by an audit or by a check, and a whole one is not; the breakages are the benchmark's.

Error rate: a whole one is taken for broken by the audit with probability 0.05 at most, and by a check in 1 run of
100,000; seeds are fixed.
"""

import importlib.util
import sys
from pathlib import Path

import pytest

FILE = Path(__file__).parents[4] / "benchmarks" / "broken_mechanisms.py"
SPEC = importlib.util.spec_from_file_location("broken_mechanisms", FILE)
benchmark = importlib.util.module_from_spec(SPEC)
sys.modules["broken_mechanisms"] = benchmark
SPEC.loader.exec_module(benchmark)

BY_AUDIT = {benchmark.clip_forgotten, benchmark.one_tensor_forgotten}
BY_CHECK = {benchmark.half_the_noise, benchmark.one_tensor_forgotten, benchmark.bound_from_the_data}


@pytest.mark.slow
@pytest.mark.parametrize(("mechanism", "breakage"), benchmark.EXAMINED)
def test_what_is_broken_is_caught_and_what_is_whole_is_not(monkeypatch, mechanism, breakage):
    # Half of the benchmark's coins are enough to tell.
    monkeypatch.setattr(benchmark, "COINS", 2500)
    monkeypatch.setattr(benchmark, "PILOT", 750)
    caught = benchmark.examine(mechanism, breakage).caught_by
    assert any(caught.values()) == (breakage is not benchmark.whole)
    assert caught["audit"] or breakage not in BY_AUDIT
    assert caught["exactness"] or breakage not in BY_CHECK
    assert caught["two rounds"] or breakage is not benchmark.noise_reused
