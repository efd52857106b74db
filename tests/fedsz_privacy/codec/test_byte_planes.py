import numpy as np
import pytest

from fedsz_privacy.codec.byte_planes import decode_planes, encode_planes


@pytest.mark.parametrize("dtype", [np.int16, np.int64, np.float32, np.float64])
@pytest.mark.parametrize("size", [0, 1, 7, 1000])
def test_numbers_come_back(dtype, size, rng):
    values = (100 * rng.standard_normal(size)).astype(dtype)
    decoded = decode_planes(encode_planes(values), size, np.dtype(dtype))
    assert decoded.dtype == dtype
    assert np.array_equal(decoded, values)


def test_what_is_alike_in_numbers_takes_no_room(rng):
    values = rng.integers(0, 256, 100_000)
    assert len(encode_planes(values)) < 1.01 * values.size


def test_a_stream_of_another_size_is_refused():
    with pytest.raises(ValueError, match="does not hold"):
        decode_planes(encode_planes(np.zeros(4)), 5, np.dtype(np.float64))
