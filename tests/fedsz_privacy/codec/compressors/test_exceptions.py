from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedsz_privacy.codec.compressors.exceptions import PREFIX, _checksum, beyond, pack, unpack
from fedsz_privacy.codec.lossless import ZSTD

FLOAT = np.dtype(np.float64)
FLAT = np.arange(20.0)
EXACT = FLAT > 16


def forged(count: int, length: int, content: bytes, size: int = FLAT.size) -> bytes:
    """A container whose checksum is right whatever it holds."""
    return PREFIX.pack(_checksum(size, FLOAT, count, length, content), count, length) + content


@settings(derandomize=True, deadline=None)
@given(
    x=st.floats(allow_nan=False, allow_infinity=False),
    steps=st.integers(-3, 3),
    bound=st.floats(1e-300, 1e300),
    sign=st.sampled_from([-1, 1]),
)
def test_beyond_is_exact_next_to_the_bound(x, steps, bound, sign):
    y = np.float64(x) + sign * np.float64(bound)
    for _ in range(abs(steps)):
        y = np.nextafter(y, np.inf * steps)
    if np.isfinite(y):
        expected = abs(Fraction(x) - Fraction(float(y))) > Fraction(bound)
        assert beyond(np.array([x]), np.array([y]), bound) == [expected]


def test_what_is_not_finite_is_beyond_any_bound():
    array = np.array([np.nan, np.inf, -np.inf, np.finfo(float).max])
    assert beyond(array, array, 1.0).tolist() == [True, True, True, False]
    assert beyond(array, -array, 1.0).all()


@pytest.mark.parametrize("exact", [EXACT, FLAT > 99, FLAT >= 0], ids=["some", "none", "all"])
def test_exact_values_come_back_in_their_places(exact):
    stream, exceptions = unpack(pack(b"stream", FLAT, exact), FLAT.size, FLOAT)
    assert stream == b"stream"
    assert np.array_equal(exceptions.restore(np.full(FLAT.size, -1.0)), np.where(exact, FLAT, -1.0))


def test_every_altered_byte_is_noticed():
    packed = pack(b"stream", FLAT, EXACT)
    for place in range(len(packed)):
        altered = bytearray(packed)
        altered[place] ^= 0x10
        with pytest.raises(ValueError, match="compressed array"):
            unpack(bytes(altered), FLAT.size, FLOAT)


@pytest.mark.parametrize(("size", "dtype"), [(19, FLOAT), (21, FLOAT), (20, np.dtype(np.float32))])
def test_another_array_is_noticed(size, dtype):
    with pytest.raises(ValueError, match=f"checksum does not match for {size} elements of {dtype}"):
        unpack(pack(b"stream", FLAT, EXACT), size, dtype)


@pytest.mark.parametrize(
    ("count", "length", "message"),
    [
        (21, 6, "20 elements announces 21 exact values"),
        (2**63, 6, "announces 9223372036854775808 exact values"),
        (3, 10**12, "and 1000000000000 bytes"),
        (2, 6, "does not hold 19 bytes"),
        (3, 5, "not a zstd frame"),
    ],
)
def test_lies_behind_a_valid_checksum_are_refused(count, length, message):
    content = pack(b"stream", FLAT, EXACT)[PREFIX.size :]
    with pytest.raises(ValueError, match=message):
        unpack(forged(count, length, content), FLAT.size, FLOAT)


def test_a_mask_of_another_count_is_refused():
    block = ZSTD.compress(bytes(3) + bytes(24))
    with pytest.raises(ValueError, match="where its 3 exact values belong"):
        unpack(forged(3, 0, block), FLAT.size, FLOAT)


def test_an_array_without_elements_is_refused():
    with pytest.raises(ValueError, match="of 0 elements"):
        unpack(forged(0, 0, b"", size=0), 0, FLOAT)
