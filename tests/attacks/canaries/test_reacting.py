"""Gradients that react to a canary bring the last model beyond what it shows of a canary of fixed direction."""

import importlib.util
import sys
from pathlib import Path

import pytest

from analysis.methods.lower_bounds.last_update import last_update_epsilon

FILE = Path(__file__).parents[3] / "benchmarks" / "reacting_gradients.py"
SPEC = importlib.util.spec_from_file_location("reacting_gradients", FILE)
benchmark = importlib.util.module_from_spec(SPEC)
sys.modules["reacting_gradients"] = benchmark
SPEC.loader.exec_module(benchmark)


@pytest.mark.slow
def test_the_last_model_shows_more_where_gradients_react():
    """Each half fails once in twenty seeds at most."""
    fixed = last_update_epsilon(0.803, 0.1, 50, benchmark.DELTA)
    assert benchmark.measure(reacts=False) < fixed < benchmark.measure(reacts=True) < benchmark.GUARANTEED
