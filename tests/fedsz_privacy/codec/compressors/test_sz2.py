import numpy as np
import pytest
from zstandard import FRAME_HEADER, frame_content_size

from fedsz_privacy import InputError
from fedsz_privacy.codec.compressors.exceptions import PREFIX, unpack
from fedsz_privacy.codec.compressors.sz2 import HDF5_CHUNK_LIMIT, HEAD, INTERVAL_BITS, SZ2, UNINITIALISED_BYTE, _tighten
from fedsz_privacy.codec.lossless import ZSTD

pytest.importorskip("h5py")
pytest.importorskip("hdf5plugin")

DTYPES = [np.dtype(np.float32), np.dtype(np.float64)]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_no_predictable_value_gets_the_code_of_an_unpredictable_one(rng, dtype):
    for bound in [*rng.uniform(0.5, 1, 500), 0.5, 1 - 2.0**-24]:
        tight = dtype.type(_tighten(float(dtype.type(bound)), dtype))
        assert bound * (1 - 1e-4) < tight < bound
        for bits in INTERVAL_BITS:
            reach = dtype.type(2**bits - 1)
            worst = np.nextafter(reach * tight, dtype.type(0))
            assert int((worst * (dtype.type(1) / tight) + dtype.type(1)) / 2) < 2 ** (bits - 1)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("size", [1, 19, 20])
def test_arrays_too_small_for_sz2_are_exact(rng, size, dtype):
    array = rng.normal(size=size).astype(dtype)
    assert np.array_equal(SZ2().decode(SZ2().encode(array, 0.1), array.shape, dtype), array)


def test_the_stream_is_sz2s_own_and_little_else(rng):
    array = rng.normal(size=20_000).astype(np.float32)
    data = SZ2().encode(array, 0.05)
    content, exceptions = unpack(data, array.size, array.dtype)
    assert exceptions.values.size == 0
    assert content[HEAD.size :].startswith(FRAME_HEADER), "a zstd frame, SZ2's last stage"
    assert len(data) - len(content) == PREFIX.size


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("bound", [1e-9, 0.05, 100.0])
def test_no_byte_of_the_processs_memory_leaves_with_the_stream(rng, dtype, bound):
    for size in range(30, 2000, 97):
        content, _ = unpack(SZ2().encode(rng.normal(size=size).astype(dtype), bound), size, dtype)
        stream = content[HEAD.size :]
        if stream.startswith(FRAME_HEADER):
            stream = ZSTD.decompress(stream, frame_content_size(stream))
        assert not stream or stream[UNINITIALISED_BYTE] == 0


@pytest.mark.parametrize("exponent", [26, 30, 40, 53])
def test_values_beyond_what_sz2_resolves_stay_within_the_bound(rng, exponent):
    array = np.ldexp(1 + rng.integers(0, 3, 1000) * 2.0**-52, exponent)
    error = SZ2().decode(SZ2().encode(array, 1.26), array.shape, array.dtype) - array
    assert np.abs(error).max() <= 1.26


def test_an_array_that_hdf5_cannot_hold_as_one_chunk_is_refused():
    array = np.broadcast_to(np.float32(0), HDF5_CHUNK_LIMIT // 4)
    with pytest.raises(InputError, match=r"array of 4294967296 bytes: SZ2 takes less .* choose nopred"):
        SZ2().encode(array, 0.1)
