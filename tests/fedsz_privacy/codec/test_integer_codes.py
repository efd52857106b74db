import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from fedsz_privacy.codec.integer_codes import decode_integers, encode_integers

INT64 = np.iinfo(np.int64)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(
    hnp.arrays(
        np.int64,
        st.integers(0, 300),
        elements=st.one_of(st.integers(-3, 3), st.integers(-(2**15), 2**15), st.integers(INT64.min, INT64.max)),
    )
)
def test_all_numbers_come_back(codes):
    assert np.array_equal(decode_integers(encode_integers(codes), codes.size), codes)


@pytest.mark.parametrize("spread", [0.3, 1.0, 20.0, 1000.0])
def test_many_numbers_take_little_more_than_their_entropy(spread, rng):
    codes = np.rint(spread * rng.standard_normal(200_000)).astype(np.int64)
    stream = encode_integers(codes)
    entropy = stats.entropy(np.unique(codes, return_counts=True)[1], base=2)
    assert np.array_equal(decode_integers(stream, codes.size), codes)
    assert entropy < 8 * len(stream) / codes.size < 1.05 * entropy + 0.1


@pytest.mark.parametrize("stream", [b"", b"\x03abc", b"\x01abc", encode_integers(np.arange(5))])
def test_a_stream_of_other_numbers_is_refused(stream):
    with pytest.raises(ValueError, match=r"not|hold"):
        decode_integers(stream, 7)
