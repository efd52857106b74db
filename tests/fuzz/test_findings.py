from collections.abc import Iterable

import numpy as np
import pytest

from fedsz_privacy.codec.lossless import BLOSC_LZ
from fuzz.findings import FINDINGS, GOOD_FRAMES, MULTIPLES
from fuzz.isolated import verdicts
from fuzz.judging import ACCEPTED, Verdict


def judged(source: str, names: Iterable[str]) -> dict[str, Verdict]:
    names = list(names)
    return dict(zip(names, (verdict for _, verdict in verdicts(source, 0, 0, len(names))), strict=True))


@pytest.fixture(scope="module")
def hostile() -> dict[str, Verdict]:
    return judged("finding", FINDINGS)


@pytest.fixture(scope="module")
def good() -> dict[str, Verdict]:
    return judged("good", GOOD_FRAMES)


@pytest.mark.parametrize("name", FINDINGS)
def test_no_hostile_frame_breaks_a_promise(name, hostile):
    assert not hostile[name].fault


@pytest.mark.slow
@pytest.mark.parametrize("name", GOOD_FRAMES)
def test_a_good_frame_takes_no_more_than_the_factor(name, good):
    assert not good[name].fault
    assert good[name].reason == ACCEPTED or not name.startswith(f"{max(MULTIPLES)} x ")


@pytest.mark.parametrize("size", [1, 8, 31, 32, 91, 127, 128, 1000])
def test_blosc_reads_what_it_writes(size):
    data = np.random.default_rng(0).bytes(size)
    assert BLOSC_LZ.decompress(BLOSC_LZ.compress(data), size) == data
