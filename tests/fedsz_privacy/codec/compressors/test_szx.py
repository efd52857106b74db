import numpy as np
import pytest

from fedsz_privacy.codec.compressors.exceptions import pack, unpack
from fedsz_privacy.codec.compressors.szx import BLOCK, SZx

FLOAT = np.dtype(np.float32)


def content(array, bound):
    stream, exceptions = unpack(SZx().encode(array, bound), array.size, array.dtype)
    assert exceptions.values.size == 0
    return stream


def test_blocks_within_the_bound_take_a_bit_and_a_value_each(rng):
    array = (np.repeat([1.0, 5.0, -3.0], BLOCK) + rng.uniform(-0.01, 0.01, 3 * BLOCK)).astype(FLOAT)
    assert len(content(array, 0.011)) == 1 + 3 * FLOAT.itemsize


@pytest.mark.parametrize(("bound", "size"), [(2.0**-8, 2), (2.0**-16, 3), (2.0**-24, 4)])
def test_values_keep_the_bytes_that_the_bound_asks_for(rng, bound, size):
    """Sign, exponent and the mantissa of values below 1 down to the bound; some share a leading byte."""
    array = rng.uniform(-1, 1, 64 * BLOCK).astype(FLOAT)
    taken = (len(content(array, bound)) - 8 - 64 * (FLOAT.itemsize + 1 + BLOCK // 4)) / array.size
    assert size - 1 < taken <= size


def test_equal_values_share_three_of_four_bytes():
    array = np.repeat(np.array([1.0, -1.0], FLOAT), BLOCK // 2)
    assert len(content(array, 1e-6)) == 1 + 4 + 1 + BLOCK // 4 + 2 * 4 + (BLOCK - 2)


@pytest.mark.parametrize(
    ("stream", "message"),
    [(b"", "0 bytes where"), (bytes(5) + b"\x09", "32 are due|bytes where"), (b"\x80" + bytes(9), "bytes follow")],
)
def test_streams_of_another_length_are_refused(stream, message):
    with pytest.raises(ValueError, match=message):
        SZx().decode(pack(stream, np.zeros(9, FLOAT), np.zeros(9, bool)), (9,), FLOAT)


def test_changed_bytes_under_a_right_checksum_decode_or_raise_value_errors(rng):
    array = rng.normal(size=1000).astype(FLOAT)
    clean = content(array, 1e-2)
    for _ in range(300):
        changed = bytearray(clean)
        changed[rng.integers(len(changed))] = rng.integers(256)
        try:
            decoded = SZx().decode(pack(bytes(changed), array, np.zeros(1000, bool)), (1000,), FLOAT)
        except ValueError:
            continue
        assert decoded.shape == (1000,)
