"""A DP-SGD that is broken is caught; the breakages are those of the benchmark."""

import importlib.util
import sys
from pathlib import Path

import pytest

FILE = Path(__file__).parents[3] / "benchmarks" / "broken_dpsgd.py"
SPEC = importlib.util.spec_from_file_location("broken_dpsgd", FILE)
benchmark = importlib.util.module_from_spec(SPEC)
sys.modules["broken_dpsgd"] = benchmark
SPEC.loader.exec_module(benchmark)


@pytest.mark.slow
@pytest.mark.parametrize("kind", benchmark.BREAKAGES)
def test_a_broken_dp_sgd_is_caught_and_a_whole_one_is_not(kind):
    """The whole one is taken for broken once in twenty seeds at most."""
    found = benchmark.audit(kind, most_trials=16)
    assert (found.bound > benchmark.CLAIMED) == (kind is not benchmark.Whole)
