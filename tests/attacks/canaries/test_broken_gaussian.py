"""A gaussian+fedsz that is broken is caught, by canaries or by its frames; the breakages are those of the benchmark."""

import importlib.util
import sys
from pathlib import Path

import pytest

FILE = Path(__file__).parents[3] / "benchmarks" / "broken_gaussian.py"
SPEC = importlib.util.spec_from_file_location("broken_gaussian", FILE)
benchmark = importlib.util.module_from_spec(SPEC)
sys.modules["broken_gaussian"] = benchmark
SPEC.loader.exec_module(benchmark)

NOISE = (benchmark.half_the_noise, benchmark.no_clip)
BESIDE = (benchmark.no_noise_on_a_buffer, benchmark.count_of_batches, benchmark.bound_by_the_data)


@pytest.fixture(scope="module")
def game():
    return benchmark.make_game()


@pytest.mark.parametrize("breakage", benchmark.BREAKAGES)
def test_what_leaves_beside_the_noise_shows_in_frames_whose_noise_hides_the_update(game, breakage):
    assert benchmark.frames_differ(game, breakage) == (breakage in BESIDE)


@pytest.mark.slow
@pytest.mark.parametrize("breakage", [benchmark.whole, *NOISE])
def test_too_little_noise_and_a_forgotten_clip_are_caught_by_canaries_and_a_whole_one_is_not(game, breakage):
    """The whole one is taken for broken once in twenty seeds at most."""
    bound = benchmark.canary_bound(game, breakage(benchmark.add_discrete_gaussian))
    assert (bound > benchmark.CLAIMED) == (breakage in NOISE)
    assert bound > 0.75 * benchmark.CLAIMED
