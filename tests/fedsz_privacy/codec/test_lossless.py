import gzip
import lzma
import sys
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedsz_privacy import InputError
from fedsz_privacy.codec import lossless as module
from fedsz_privacy.codec.lossless import BLOSC_HEADER, BLOSC_LZ, LOSSLESS, XZ, Lossless

MEGABYTE = 10**6


@pytest.fixture(params=LOSSLESS)
def codec(request: pytest.FixtureRequest) -> Lossless:
    if request.param == "blosclz":
        pytest.importorskip("blosc2")
    return LOSSLESS[request.param]


@pytest.fixture
def payload(rng) -> bytes:
    """Floats of few values, as counters and buffers hold them."""
    return rng.integers(0, 5, 20_000).astype(np.float32).tobytes()


@settings(derandomize=True, deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.one_of(st.binary(max_size=200), st.binary(max_size=9).map(lambda data: 400 * data)))
def test_data_come_back_bit_exact(codec, data):
    assert codec.decompress(codec.compress(data), len(data)) == data


def test_a_payload_comes_back_smaller_and_reproducibly(codec, payload):
    packed = codec.compress(payload)
    assert codec.decompress(packed, len(payload)) == payload
    assert len(packed) < 0.8 * len(payload)
    assert codec.compress(payload) == packed


def test_another_size_is_refused(codec, payload):
    packed = codec.compress(payload)
    for size in (0, len(payload) - 1, len(payload) + 1, 2**40):
        with pytest.raises(ValueError, match=f"{size} bytes"):
            codec.decompress(packed, size)


def test_truncated_extended_or_doubled_data_are_refused(codec, payload):
    packed = codec.compress(payload)
    for damaged in (b"", packed[:3], packed[: len(packed) // 2], packed[:-1], packed + b"x", packed + packed):
        with pytest.raises(ValueError):  # noqa: PT011
            codec.decompress(damaged, len(payload))


def test_damaged_data_raise_value_errors_or_come_back_at_the_right_size(codec, payload, rng):
    packed = codec.compress(payload)
    for _ in range(150):
        damaged = bytearray(packed)
        damaged[rng.integers(min(len(damaged), rng.choice([40, len(damaged)])))] = rng.integers(256)
        try:
            assert len(codec.decompress(bytes(damaged), len(payload))) == len(payload)
        except ValueError:
            continue


@pytest.mark.slow
def test_a_bomb_is_not_unpacked(codec):
    bomb = codec.compress(bytes(100 * MEGABYTE))
    tracemalloc.start()
    with pytest.raises(ValueError, match="1000 bytes"):
        codec.decompress(bomb, 1000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(bomb) < MEGABYTE
    assert peak < 10 * MEGABYTE, "xz takes 8 MB for its dictionary"


def test_an_xz_stream_that_asks_for_a_huge_dictionary_is_refused():
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 2**28}]
    with pytest.raises(ValueError, match="not an xz stream"):
        XZ.decompress(lzma.compress(b"abc", filters=filters), 3)


def test_the_containers_are_the_standard_ones(payload):
    assert zlib.decompress(LOSSLESS["zlib"].compress(payload)) == payload
    assert gzip.decompress(LOSSLESS["gzip"].compress(payload)) == payload
    assert lzma.decompress(LOSSLESS["xz"].compress(payload)) == payload


@pytest.mark.parametrize(
    ("place", "value"), [(0, 6), (2, 0xE5), (2, 0x0D), (21, 32), (22, 160), (31, 0x08), (31, 0x30)]
)
def test_a_blosc_chunk_of_another_making_is_refused(payload, place, value):
    pytest.importorskip("blosc2")
    chunk = bytearray(BLOSC_LZ.compress(payload))
    assert BLOSC_HEADER.size == 32
    chunk[place] = value
    with pytest.raises(ValueError, match="not a blosclz chunk"):
        BLOSC_LZ.decompress(bytes(chunk), len(payload))


def test_more_than_blosc_can_hold_is_refused(monkeypatch):
    pytest.importorskip("blosc2")
    monkeypatch.setattr(module, "BLOSC_LIMIT", 10)
    with pytest.raises(InputError, match="11 bytes to keep exactly: blosclz takes up to 10; choose zstd"):
        BLOSC_LZ.compress(bytes(11))


def test_a_missing_package_is_named_with_its_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "blosc2", None)
    with pytest.raises(InputError, match=r"'blosc2' is not installed: .*, pip install -e '\.\[compressors\]'"):
        BLOSC_LZ.compress(b"abc")
