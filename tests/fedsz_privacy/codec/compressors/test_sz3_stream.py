import struct

import numpy as np
import pytest
from hostile import edited, inner, with_inner
from hypothesis import given, settings
from hypothesis import strategies as st

from fedsz_privacy.codec.compressors import SZ3
from fedsz_privacy.codec.compressors.sz3_stream import DATA_VERSION, MAGIC, _table_size

FLOAT = np.dtype(np.float32)
SIZE = 4000
CONSTANT = SZ3().encode(np.zeros(SIZE, FLOAT), 1.0)
TWO = np.where(np.arange(SIZE) < 10, FLOAT.type(2), FLOAT.type(0))
STREAM = SZ3().encode(TWO, 1.0)
UNPREDICTED, SYMBOLS, CODES = 13, 21, 30


def refuses(stream: bytes, message: str, size: int = SIZE) -> None:
    with pytest.raises(ValueError, match=message):
        SZ3().decode(stream, (size,), FLOAT)


def with_configuration(place: int, value: bytes) -> bytes:
    """The stream with some bytes of its configuration changed, counted from the end."""
    start = len(STREAM) - place
    return STREAM[:start] + value + STREAM[start + len(value) :]


def test_these_streams_are_read_as_they_are():
    assert np.array_equal(SZ3().decode(STREAM, (SIZE,), FLOAT), TWO)
    assert np.array_equal(SZ3().decode(with_inner(STREAM, inner(STREAM)), (SIZE,), FLOAT), TWO)


def test_pysz_writes_the_version_that_is_read():
    assert struct.unpack_from("<II", STREAM) == (MAGIC, DATA_VERSION)


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        (b"\0" + STREAM[1:], "not an SZ3 stream of data version"),
        (STREAM[:6] + b"\3" + STREAM[7:], "not an SZ3 stream of data version"),
        (with_configuration(10 + 1 + 8 + 1 + 1, b"\1"), "algorithm 1"),
        (with_configuration(10 + 1 + 8 + 1, b"\1"), "absolute error bound"),
        (with_configuration(10 + 1 + 8, struct.pack("<d", np.inf)), "absolute error bound"),
        (with_configuration(10 + 1 + 8, struct.pack("<d", np.nan)), "absolute error bound"),
        (with_configuration(10 + 1, b"\xa8"), "absolute error bound"),
        (with_configuration(9, struct.pack("<i", 2**30)), "absolute error bound"),
        (STREAM + b"\0", "of an array of shape"),
        (STREAM[:-1], "of an array of shape"),
    ],
)
def test_outer_parts_that_sz3_does_not_write_are_refused(stream, message):
    refuses(stream, message)


@pytest.mark.parametrize("size", [SIZE - 1, SIZE + 1, 0, 2**70])
def test_another_shape_is_refused(size):
    refuses(STREAM, "not an SZ3 stream", size)


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        (with_inner(STREAM, inner(STREAM), announced=500_000_000), "announces 500000000 bytes"),
        (with_inner(STREAM, inner(STREAM) + bytes(10**6)), "announces 10005.. bytes"),
        (with_inner(STREAM, b""), "ends before its codes"),
        (with_inner(STREAM, inner(STREAM)[:25]), "ends before its codes"),
        (with_inner(CONSTANT, inner(CONSTANT) + b"\0"), "bits for 4000"),
        (edited(CONSTANT, lambda content: struct.pack_into("<Q", content, 29, 700_000_000)), "for 700000000"),
        (edited(STREAM, lambda content: struct.pack_into("<Q", content, UNPREDICTED, SIZE + 1)), "ends|not what"),
        (edited(STREAM, lambda content: struct.pack_into("<Q", content, UNPREDICTED, 2**63)), "ends before"),
        (edited(STREAM, lambda content: struct.pack_into("<I", content, SYMBOLS, 2**31)), "not what SZ3 writes"),
        (edited(STREAM, lambda content: struct.pack_into("<i", content, 9, 2**20)), "not what SZ3 writes"),
        (edited(STREAM, lambda content: struct.pack_into("<QQ", content, CODES, 10**9, 10**9)), "SZ3 Huffman"),
        (edited(STREAM, lambda content: struct.pack_into("<Q", content, CODES, 10**9)), "SZ3 Huffman"),
    ],
    ids=range(12),
)
def test_sizes_and_counts_that_do_not_fit_the_elements_are_refused(stream, message):
    refuses(stream, message)


def test_more_elements_than_announced_are_refused_where_their_bits_are_there(rng):
    size = 600_000
    stream = SZ3().encode(rng.normal(size=size).astype(FLOAT), 1e-2)
    place = inner(stream).index(struct.pack("<Q", size))
    lying = edited(stream, lambda content: struct.pack_into("<Q", content, place, size + 1))
    refuses(lying, f"of {size} elements has .* bits for {size + 1}", size)


def test_a_second_zstd_frame_is_refused():
    (length,) = struct.unpack_from("<Q", STREAM, 8)
    payload = STREAM[16 : 16 + length] * 2
    refuses(STREAM[:8] + struct.pack("<Q", len(payload)) + payload + STREAM[16 + length :], "zstd frame")


def gamma(number: int) -> str:
    """The Elias gamma code of a positive integer (IEEE Trans. Inf. Theory 21(2), 1975)."""
    return "0" * (number.bit_length() - 1) + f"{number:b}"


@settings(derandomize=True, deadline=None)
@given(st.lists(st.integers(1, 2**31), min_size=1, max_size=120), st.binary(max_size=9))
def test_a_code_table_ends_after_its_last_elias_gamma_code(numbers, rest):
    numbers = numbers if len(numbers) % 2 else numbers[1:] or [1]
    bits = "".join(map(gamma, numbers))
    size = -(-len(bits) // 8)
    table = int(bits.ljust(8 * size, "0"), 2).to_bytes(size)
    symbols = (len(numbers) + 1) // 2
    assert _table_size(table + rest, symbols) == (size if symbols > 1 else 0)


def test_a_code_table_without_an_end_is_refused():
    with pytest.raises(ValueError, match="code table ends"):
        _table_size(bytes(500), 20)
