import numpy as np
import pytest
from scipy import stats

from fedsz_privacy.codec.compressors import Quantiser
from fedsz_privacy.codec.compressors.exceptions import pack, unpack
from fedsz_privacy.codec.compressors.quantiser import HEAD

FLOAT = np.dtype(np.float64)


def round_trip(array, bound):
    return Quantiser().decode(Quantiser().encode(array, bound), array.shape, array.dtype)


def test_values_come_back_as_the_nearest_multiples_of_the_bin():
    assert round_trip(np.array([0.0, 0.9, 1.1, -2.6, 7.0]), 1.0).tolist() == [0, 0, 2, -2, 8]


def test_the_error_over_many_bins_is_uniform(rng):
    array = rng.normal(size=20_000)
    error = round_trip(array, 1e-3) - array
    assert stats.kstest(error, stats.uniform(-1e-3, 2e-3).cdf).pvalue > 1e-3


@pytest.mark.parametrize(("largest", "width"), [(127, 1), (128, 2), (2**15, 4), (2**31 - 1, 4)])
def test_codes_take_the_fewest_bytes(largest, width):
    content, exceptions = unpack(Quantiser().encode(np.array([-2.0 * largest, 0.0]), 1.0), 2, FLOAT)
    assert HEAD.unpack_from(content) == (1.0, width)
    assert exceptions.values.size == 0


def test_what_no_code_can_hold_is_exact():
    array = np.array([2.0**33, 1e300, 0.3, np.nan])
    _, exceptions = unpack(Quantiser().encode(array, 1.0), 4, FLOAT)
    assert exceptions.mask.tolist() == [True, True, False, True]


@pytest.mark.parametrize(("bound", "width"), [(1.0, 3), (1.0, 8), (np.nan, 1), (0.0, 1), (-1.0, 1), (np.inf, 1)])
def test_a_head_that_makes_no_sense_is_refused(bound, width):
    with pytest.raises(ValueError, match="not a quantised array"):
        Quantiser().decode(pack(HEAD.pack(bound, width), np.zeros(4), np.zeros(4, bool)), (4,), FLOAT)
