"""What is left of an array once a multiple of another one is taken off: the bound, the choice, and what is refused."""

import struct
import zlib
from contextlib import suppress

import numpy as np
import pytest
from exact import within
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fedsz_privacy.codec.compressors import SZ3, Auto, Quantiser
from fedsz_privacy.codec.compressors.predicted import Predicted

DTYPES = [np.dtype(np.float32), np.dtype(np.float64)]
INNER = [SZ3(), Quantiser(), Auto()]
NAMES = [each.name for each in INNER]


def like(rng, past, share=0.5, noise=0.2):
    """Return an array that a multiple of another one predicts but for noise of a size."""
    return (share * past + noise * rng.normal(size=past.shape)).astype(past.dtype)


def check(compressor, past, array, bound):
    """Restore an array at the other end, which has a copy of the past one, and compare in exact arithmetic."""
    stream = Predicted(compressor, past).encode(array, bound)
    decoded = Predicted(compressor, past.copy()).decode(stream, array.shape, array.dtype)
    finite = np.isfinite(array)
    assert np.array_equal(decoded[~finite], array[~finite], equal_nan=True)
    assert within(array[finite], decoded[finite], bound)
    assert len(stream) <= 1 + len(compressor.encode(array, bound))
    return stream


@settings(derandomize=True, deadline=None, max_examples=80)
@given(
    past=hnp.arrays(np.float64, (4, 30), elements=st.floats(-3, 3, width=32)),
    noise=hnp.arrays(np.float64, (4, 30), elements=st.floats(-0.125, 0.125, width=32)),
    share=st.floats(-5, 5),
    bound=st.floats(1e-9, 1),
    exponent=st.sampled_from([-130, -40, 0, 40, 120]),
    dtype=st.sampled_from(DTYPES),
)
def test_the_bound_holds_whatever_predicts(past, noise, share, bound, exponent, dtype):
    size = 2.0**exponent
    array = ((share * past + noise) * size).astype(dtype)
    check(Quantiser(), (past * size).astype(dtype), array, bound * size)


@pytest.mark.parametrize("compressor", INNER, ids=NAMES)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_a_past_array_that_is_like_it_makes_it_smaller(compressor, rng, dtype):
    past = rng.normal(size=(60, 80)).astype(dtype)
    array = like(rng, past)
    stream = check(compressor, past, array, 0.05)
    assert stream[0]
    assert len(stream) < 0.8 * len(compressor.encode(array, 0.05))


def test_the_stream_is_the_rest_behind_a_coefficient_and_a_checksum(rng):
    """The layout and the arithmetic, written out: x = rest + fl(c p)."""
    past = rng.normal(size=500).astype(np.float32)
    array = like(rng, past, share=-0.75, noise=0.01)
    stream = Predicted(SZ3(), past).encode(array, 1e-3)
    coefficient, checksum = struct.unpack_from("<bI", stream)
    assert (coefficient, checksum) == (-24, zlib.crc32(past.tobytes()))
    rest = SZ3().decode(stream[5:], (500,), past.dtype)
    again = np.array([np.float32(r + np.float32(np.float32(-0.75) * p)) for r, p in zip(rest, past, strict=True)])
    assert np.array_equal(Predicted(SZ3(), past).decode(stream, (500,), past.dtype), again)


@pytest.mark.parametrize(
    ("case", "past"),
    [
        ("unlike", lambda rng, _: rng.normal(size=2000)),
        ("zero", lambda _, array: np.zeros_like(array)),
        ("not finite", lambda _, array: np.where(np.arange(array.size) == 7, np.nan, array)),
        ("infinite", lambda _, array: np.where(np.arange(array.size) == 7, np.inf, array)),
        ("opposite and enormous", lambda _, array: array * 3e38),
    ],
)
def test_what_does_not_help_is_left_out(rng, case, past):
    array = rng.normal(size=2000).astype(np.float32)
    with np.errstate(over="ignore"):
        stream = Predicted(SZ3(), past(rng, array).astype(np.float32)).encode(array, 1e-2)
    assert stream == b"\0" + SZ3().encode(array, 1e-2), case


def test_without_a_past_array_only_the_mark_is_added(rng):
    array = rng.normal(size=2000).astype(np.float32)
    assert Predicted(SZ3(), None).encode(array, 1e-2) == b"\0" + SZ3().encode(array, 1e-2)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_the_bound_holds_among_the_greatest_numbers_and_below_the_rounding_of_the_sum(rng, dtype):
    info = np.finfo(dtype)
    past = (rng.uniform(-1, 1, 800) * float(info.max)).astype(dtype)
    check(Quantiser(), past, past, float(info.max) / 2**12)
    check(Quantiser(), past, (past / 2).astype(dtype), float(info.max) / 2**12)
    small = rng.normal(size=800).astype(dtype)
    for bound in (float(info.eps) * factor for factor in (0.1, 1, 3, 10, 100)):
        check(Quantiser(), small, like(rng, small, noise=1e-3), bound)


def test_values_that_are_not_finite_stay_where_they_are(rng):
    past = rng.normal(size=900).astype(np.float32)
    array = like(rng, past)
    array[[3, 4, 5]] = np.nan, np.inf, -np.inf
    check(SZ3(), past, array, 1e-2)


@pytest.mark.parametrize(
    ("past", "words"),
    [
        (lambda _: None, "not here"),
        (lambda past: past[:-1], "not here"),
        (lambda past: past.astype(np.float64), "not here"),
        (lambda past: np.nextafter(past, np.float32(9)), "another past array"),
    ],
)
def test_another_past_array_is_refused(rng, past, words):
    own = rng.normal(size=2000).astype(np.float32)
    stream = Predicted(SZ3(), own).encode(like(rng, own), 1e-2)
    assert stream[0]
    with pytest.raises(ValueError, match=words):
        Predicted(SZ3(), past(own)).decode(stream, (2000,), own.dtype)


def test_made_up_streams_raise_value_errors_only(rng):
    past = rng.normal(size=2000).astype(np.float32)
    clean = Predicted(SZ3(), past).encode(like(rng, past), 1e-2)
    for end in range(12):
        with pytest.raises(ValueError, match=r".+"):
            Predicted(SZ3(), past).decode(clean[:end], (2000,), past.dtype)
    for _ in range(200):
        stream = bytearray(clean)
        for place in rng.integers(0, len(stream), 3):
            stream[place] = rng.integers(256)
        with suppress(ValueError):
            assert Predicted(SZ3(), past).decode(bytes(stream), (2000,), past.dtype).shape == (2000,)


def test_memory_is_told_without_the_past_array(rng):
    past = rng.normal(size=2000).astype(np.float32)
    array = like(rng, past)
    alone, predicted = (Predicted(SZ3(), each).encode(array, 1e-2) for each in (None, past))
    shape, dtype = array.shape, array.dtype
    assert Predicted(SZ3(), None).memory(memoryview(alone), shape, dtype) < 20 * array.nbytes
    inner = SZ3().memory(memoryview(predicted)[5:], shape, dtype)
    assert Predicted(SZ3(), None).memory(memoryview(predicted), shape, dtype) >= inner + 2 * array.nbytes
    for end in range(5):
        with pytest.raises(ValueError, match="not a predicted array"):
            Predicted(SZ3(), None).memory(memoryview(predicted)[:end], shape, dtype)
