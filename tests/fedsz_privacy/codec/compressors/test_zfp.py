import numpy as np
import pytest

from fedsz_privacy.codec.compressors.exceptions import pack
from fedsz_privacy.codec.compressors.zfp import HEAD, ZFP

zfpy = pytest.importorskip("zfpy")

FLOAT = np.dtype(np.float32)
OVERFLOWING_BLOCK = np.array([-0.24365738, -0.23904306, 0.04952405, 0.24292076], FLOAT)
OVERFLOWING_BOUND = 0.6963498503371794


def made_up(stream: bytes, size: int, bound: float) -> bytes:
    return pack(HEAD.pack(bound) + stream, np.zeros(size, FLOAT), np.zeros(size, bool))


def test_a_block_that_zfp_itself_brings_back_beyond_the_bound_is_kept():
    stream = zfpy.compress_numpy(OVERFLOWING_BLOCK, tolerance=OVERFLOWING_BOUND, write_header=False)
    plain = zfpy._decompress(stream, zfpy.type_float, (4,), tolerance=OVERFLOWING_BOUND)
    assert np.abs(plain - OVERFLOWING_BLOCK).max() > OVERFLOWING_BOUND
    decoded = ZFP().decode(ZFP().encode(OVERFLOWING_BLOCK, OVERFLOWING_BOUND), (4,), FLOAT)
    assert np.abs(decoded - OVERFLOWING_BLOCK).max() <= OVERFLOWING_BOUND


def test_made_up_bytes_decode_to_an_array(rng):
    for size in (1, 63, 4000):
        for length in (size // 32 + 1, size, 9 * size):
            decoded = ZFP().decode(made_up(rng.bytes(length), size, 1e-3), (size,), FLOAT)
            assert decoded.shape == (size,)


def test_a_stream_with_less_than_a_bit_a_block_is_refused_before_memory_is_taken():
    with pytest.raises(ValueError, match="8 bytes for 1000000 values"):
        ZFP().decode(made_up(bytes(8), 10**6, 1e-3), (10**6,), FLOAT)


@pytest.mark.parametrize("bound", [np.nan, np.inf, -1.0, 0.0])
def test_a_bound_that_is_none_is_refused(bound):
    with pytest.raises(ValueError, match="error bound"):
        ZFP().decode(made_up(bytes(8), 4, bound), (4,), FLOAT)
