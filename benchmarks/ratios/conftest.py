"""Ratios of processor time: some work of the toolkit over a yardstick, in turn, against the ratio that is stored.

A machine's speed and load move both sides alike, so a ratio can be kept where seconds cannot.

Run with: make bench; write the ratios anew with: pytest benchmarks/ratios --store
"""

import json
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

STORED = Path(__file__).with_name("ratios.json")
MOST = 1.25
"""How many times the stored ratio a measured one may be: medians of so many pairs differ by less."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer to store what is measured."""
    parser.addoption("--store", action="store_true", help="write the ratios in place of comparing them")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let all benchmarks be timed by `processor_time`."""
    for item in items:
        item.add_marker(pytest.mark.benchmark(timer=processor_time))


def processor_time() -> float:
    """Return the seconds that this process, and those that it started and that ended, have computed."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in spent)


@pytest.fixture
def compare(request: pytest.FixtureRequest, benchmark: Any) -> Callable[..., None]:
    """Return what times some work and its yardstick in turn, so many pairs, and fails where their ratio has grown."""
    # Threads that wait for one another would count as work.
    torch.set_num_threads(1)

    def compared(work: Callable[[], object], yardstick: Callable[[], object], pairs: int = 15) -> None:
        seconds: list[float] = []

        def beforehand() -> None:
            start = processor_time()
            yardstick()
            seconds.append(processor_time() - start)

        benchmark.pedantic(work, setup=beforehand, rounds=pairs, warmup_rounds=1)
        ratio = float(np.median(np.divide(benchmark.stats.stats.data, seconds[1:])))
        benchmark.extra_info["ratio"] = ratio
        _keep_or_check(request.config, request.node.name, ratio)

    return compared


def _keep_or_check(config: pytest.Config, name: str, ratio: float) -> None:
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    if config.getoption("--store"):
        stored[name] = round(ratio, 3)
        STORED.write_text(json.dumps(stored, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    else:
        print(f"{name}: {ratio:.3f}, stored {stored[name]:.3f}")
        assert ratio <= MOST * stored[name], f"{name} takes {ratio:.3f} yardsticks, and took {stored[name]:.3f}"
