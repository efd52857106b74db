import numpy as np
import pytest

from fedsz_privacy.codec.compressors import SZ3
from fedsz_privacy.codec.compressors.entropies import counts_of, entropy, huffman
from fedsz_privacy.codec.compressors.sz3_sizes import OVERHEAD, bins_of, least_bits, repeat, repeated_share

DRAWS = {
    "normal": lambda rng, size: rng.normal(size=size),
    "laplace": lambda rng, size: rng.laplace(size=size),
    "heavy tails": lambda rng, size: rng.standard_t(3, size=size),
    "uniform": lambda rng, size: rng.uniform(-1.7, 1.7, size=size),
}


def test_a_huffman_code_of_known_counts_has_its_known_size():
    """The textbook's example (Cormen et al., Introduction to Algorithms, section 16.3): 224 thousand bits."""
    assert huffman(np.array([45, 13, 12, 16, 9, 5])) == 224
    assert huffman(np.array([7])) == 0


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32])
def test_counts_are_those_of_each_code_wherever_the_codes_lie(rng, dtype):
    codes = np.append(rng.integers(-100, 100, 500), [-128, 127]).astype(dtype)
    assert np.array_equal(counts_of(codes), np.unique(codes, return_counts=True)[1])


def test_the_entropy_is_reached_by_a_huffman_code_where_shares_are_powers_of_two():
    counts = np.array([8, 4, 2, 1, 1])
    assert entropy(counts) == pytest.approx(huffman(counts)) == pytest.approx(30)


@pytest.mark.parametrize("size", [100, 1152, 10_000, 100_000])
@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("bins", [0.3, 1, 1.5, 2, 3, 5, 10])
def test_sz3_is_never_below_what_its_bins_tell(rng, draw, bins, size):
    """Over draws that do not repeat themselves; `bins` is about half of a standard deviation in bins."""
    array, bound = DRAWS[draw](rng, size).astype(np.float32), 0.5 / bins
    least = least_bits(bins_of(array, bound)) + OVERHEAD
    actual = 8 * len(SZ3().encode(array, bound))
    assert least <= actual
    if bins >= 2 and size >= 10_000:
        assert actual < 1.1 * least


def test_arrays_that_repeat_themselves_are_found(rng):
    noise = np.rint(4 * rng.normal(size=(8, 256))).astype(np.int8)
    assert not repeat(np.rint(4 * rng.normal(size=4096)).astype(np.int8))
    assert repeat(noise[rng.integers(0, 8, 16)].reshape(-1))
    assert repeat((500 * noise.astype(np.int16))[rng.integers(0, 8, 16)].reshape(-1))


def test_the_share_of_rows_that_come_again_is_counted(rng):
    rows = rng.normal(size=(300, 320))
    assert repeated_share(rows, 0.1) == repeated_share(rows.reshape(-1), 0.1) == 0
    assert repeated_share(np.concatenate([rows, rows, rows]), 0.1) == pytest.approx(2 / 3, abs=0.02)
    assert repeated_share(np.concatenate([rows, rows[:100]]), 0.1) == pytest.approx(1 / 4, abs=0.02)
    assert repeated_share(np.tile(rows[:160, :8], (4, 1)), 0.1) == pytest.approx(3 / 4, abs=0.02)


def test_rows_that_are_alike_because_nothing_is_in_them_count_as_no_repetition(rng):
    assert repeated_share(rng.normal(size=(300, 320)) * (rng.random((300, 1)) < 0.3), 0.1) == 0
    assert repeated_share(np.where(rng.random((300, 320)) < 0.999, 0.0, 1.0), 0.1) == 0


@pytest.mark.parametrize("array", [[np.nan, 1], [np.inf, 1], [1e30, 1]])
def test_bins_that_are_too_many_are_not_counted(array):
    assert bins_of(np.array(array, np.float32), 1e-3) is None
