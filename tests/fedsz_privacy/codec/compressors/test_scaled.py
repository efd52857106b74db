import hashlib
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from fedsz_privacy.codec.compressors import SZ3, Auto, Scaled, quantising
from fedsz_privacy.codec.compressors.exceptions import pack, unpack
from fedsz_privacy.codec.compressors.integers import Reader, write
from fedsz_privacy.codec.compressors.low_rank import LowRank
from fedsz_privacy.codec.compressors.scaled import HEAD

FLOAT = np.dtype(np.float32)
SHAPE = (64, 96)
EXPONENTS = np.zeros(sum(SHAPE), np.int16)
CODES = (np.arange(64 * 96) % 5 - 2).astype(np.int16)
BYTES = CODES.astype(np.int8)


def of_low_rank(rng, rank=3, noise=0.05):
    """An update of a few outer products and a little noise."""
    return (rng.normal(size=(128, rank)) @ rng.normal(size=(rank, 256)) + noise * rng.normal(size=(128, 256))).astype(
        FLOAT
    )


def made_up(*arrays, shape=SHAPE, bound=0.5, width=2, shift=0, rank=0, classed=1, after=None):
    """The stream of arrays of whole numbers, up to one of its bytes, its checksum right."""
    flat = np.zeros(shape, FLOAT).reshape(-1)
    return pack(HEAD.pack(bound, width, shift, rank, classed) + write(arrays)[:after], flat, flat > 0)


def test_a_stream_whose_numbers_are_given_decodes_to_their_products():
    rows, columns = np.arange(64, dtype=np.int16), np.full(96, 2, np.int16)
    decoded = Scaled().decode(made_up(rows, columns, EXPONENTS, CODES, shift=1, rank=1), SHAPE, FLOAT)
    assert np.array_equal(decoded, CODES.reshape(SHAPE) + np.outer(rows, columns) / 2)


@pytest.mark.parametrize("zeros", [0.0, 0.9])
@pytest.mark.parametrize("size", [1, 100, 4095, 4096, 2**17 + 5])
def test_numbers_of_one_byte_come_back_from_either_coder(rng, size, zeros):
    numbers = np.where(rng.random(size) < zeros, 0, rng.integers(-128, 128, size)).astype(np.int8)
    stream = write([numbers, numbers[:7]])
    is_frame = int.from_bytes(stream[:4], "little") > 0
    assert is_frame == (size >= 4096 and zeros == 0)
    reader = Reader(stream)
    assert np.array_equal(reader.read(size, np.dtype(np.int8)), numbers)
    assert np.array_equal(reader.read(len(numbers[:7]), np.dtype(np.int8)), numbers[:7])
    reader.end()


def test_every_processor_decodes_known_bytes_to_known_bytes():
    """The stream holds factors, exponents of several scales and codes; the digest was taken on x86-64."""
    rng = np.random.default_rng(5)
    left, right = rng.integers(-3000, 3000, (2, 128)), rng.integers(-3000, 3000, (2, 96))
    exponents = np.repeat([-3, 0, 2, 9, 1, 4, -2], 32)
    arrays = [each.reshape(-1).astype(np.int16) for each in (left, right, exponents)]
    codes = np.array_split((np.arange(128 * 96) % 5 - 2).astype(np.int16), 3)
    stream = made_up(*arrays, *codes, shape=(128, 96), bound=0.0123, shift=11, rank=2)
    decoded = Scaled().decode(stream, (128, 96), FLOAT)
    assert hashlib.sha256(decoded.astype("<f4").tobytes()).hexdigest() == DIGEST


DIGEST = "7c74e5ed5c70d3acd4a5e13729c0a875189aac3ec51a90ccdd2ee81a1121ad7d"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_few_directions_are_found_and_pay(rng, dtype):
    update = of_low_rank(rng).astype(dtype)
    stream = Scaled().encode(update, 0.05)
    content, _ = unpack(stream, update.size, update.dtype)
    assert HEAD.unpack_from(content)[3] >= 2
    assert len(stream) < len(SZ3().encode(update, 0.05)) / 2


def test_noise_without_directions_is_not_predicted(rng):
    noise = rng.normal(size=(128, 256)).astype(FLOAT)
    content, _ = unpack(Scaled().encode(noise, 0.1), noise.size, FLOAT)
    assert HEAD.unpack_from(content)[3] == 0


def test_rows_and_columns_of_their_own_scale_pay(rng):
    update = (rng.normal(size=(200, 300)) * rng.lognormal(size=(200, 1)) * rng.lognormal(size=300)).astype(FLOAT)
    assert len(Scaled().encode(update, 0.2)) < len(SZ3().encode(update, 0.2)) / 1.1


def test_auto_sends_the_smaller_and_says_which(rng):
    for array, byte in ((of_low_rank(rng), 1), (np.full((100, 300), 0.3, FLOAT), None), (rng.normal(size=40), None)):
        sizes = [len(each.encode(array, 0.05)) for each in (SZ3(), Scaled())]
        stream = Auto().encode(array, 0.05)
        assert len(stream) == 1 + min(sizes)
        assert stream[0] == (int(np.argmin(sizes)) if byte is None else byte)


@pytest.mark.parametrize("data", [b"", b"\2", b"\xff" * 90])
def test_auto_refuses_what_it_does_not_know(data):
    with pytest.raises(ValueError, match="not a stream of auto"):
        Auto().decode(data, SHAPE, FLOAT)


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        (made_up(EXPONENTS, CODES, bound=np.nan), "error bound nan"),
        (made_up(EXPONENTS, CODES, bound=0.0), "error bound 0.0"),
        (made_up(EXPONENTS, CODES, width=3), "codes of 3 bytes"),
        (made_up(EXPONENTS, CODES, shift=17), "shift 17"),
        (made_up(EXPONENTS, CODES[:100]), "not whole numbers"),
        (made_up(EXPONENTS), "not whole numbers"),
        (made_up(EXPONENTS, CODES, CODES), "bytes follow"),
        (made_up(EXPONENTS, CODES, rank=255), "not whole numbers"),
        (made_up(EXPONENTS, CODES, width=4), "not whole numbers"),
        (made_up(EXPONENTS, BYTES[:5000], width=1), "does not hold 6144 bytes"),
        (made_up(EXPONENTS, BYTES[:4000], width=1), "not whole numbers"),
        (made_up(EXPONENTS, width=1), "before the length of a frame"),
        (made_up(EXPONENTS, BYTES, BYTES, width=1), "bytes follow"),
        (made_up(EXPONENTS, BYTES, width=1, after=-9), "not a zstd frame"),
    ],
    ids=range(14),
)
def test_streams_that_hold_something_else_are_refused(stream, message):
    with pytest.raises(ValueError, match=message):
        Scaled().decode(stream, SHAPE, FLOAT)


def test_changed_bytes_under_a_right_checksum_decode_or_raise_value_errors(rng):
    update = of_low_rank(rng)
    content, _ = unpack(Scaled().encode(update, 0.05), update.size, FLOAT)
    for trial in range(400):
        changed = bytearray(content)
        for _ in range(1 + trial % 5):
            changed[rng.integers(min(len(changed), 40 if trial % 2 else 10**9))] = rng.integers(256)
        stream = pack(bytes(changed), update.reshape(-1), np.zeros(update.size, bool))
        try:
            Scaled().memory(memoryview(stream), update.shape, FLOAT)
            decoded = Scaled().decode(stream, update.shape, FLOAT)
        except ValueError:
            continue
        assert decoded.shape == update.shape


@pytest.mark.parametrize("shift", [0, 5, 13])
@pytest.mark.parametrize("half_bin", [1.0, 0.0123, float(np.float32(0.0123)), 2.0**-140, 2.0**126])
def test_float32_and_float64_give_the_same_bits(rng, monkeypatch, shift, half_bin):
    codes = rng.integers(-500, 500, SHAPE).astype(np.int16)
    rows, columns = rng.integers(-90, 90, (64, 3)), rng.integers(-90, 90, (3, 96))
    prediction = LowRank(rows.astype(np.int16), columns.astype(np.int16), shift)
    once = quantising.restore(codes, prediction, half_bin, FLOAT)
    exact = codes.astype(object) * 2**shift + rows.astype(object) @ columns.astype(object)
    monkeypatch.setattr(quantising, "_working", lambda *_: np.dtype(np.float64))
    assert once.tobytes() == quantising.restore(codes, prediction, half_bin, FLOAT).tobytes()
    with np.errstate(over="ignore"):
        unit = Fraction(half_bin) * 2 / 2**shift
        expected = np.array([float(value * unit) for value in exact.reshape(-1)]).astype(FLOAT)
    assert np.array_equal(once.reshape(-1), expected)


def test_float32_computes_where_it_may():
    small = LowRank(np.ones((4, 1), np.int16), np.ones((1, 4), np.int16), 3)
    working = [quantising._working(small, largest, 0.5, FLOAT) for largest in (1, 2**21 - 1, 2**21)]
    assert working == [np.float32, np.float32, np.float64]
    assert quantising._working(small, 1, 0.1, FLOAT) == np.float64


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_a_stream_decodes_to_the_same_bytes_on_any_number_of_threads(rng, threads):
    updates = [of_low_rank(rng, rank=20) for _ in range(4)]
    streams = [Scaled().encode(update, 0.05) for update in updates]
    alone = [Scaled().decode(stream, (128, 256), FLOAT).tobytes() for stream in streams]
    with threadpool_limits(limits=threads), ThreadPoolExecutor(4) as pool:
        assert [each.tobytes() for each in pool.map(lambda s: Scaled().decode(s, (128, 256), FLOAT), streams)] == alone


def updates_of_many_kinds(rng):
    """Matrices that have a model or none, and some that only the last stage of SZ3 finds anything in."""
    noise = rng.normal(size=(160, 256))
    low = rng.normal(size=(160, 3)) @ rng.normal(size=(3, 256))
    kernels = (rng.random((160, 64, 1)) < 0.3).repeat(4, axis=2).reshape(160, 256)
    yield from (noise, low + 0.05 * noise, noise * rng.lognormal(size=(160, 1)), rng.laplace(size=(160, 256)))
    yield from (noise * (rng.random((160, 1)) < 0.2), noise * kernels, low * kernels, noise[rng.integers(0, 8, 160)])
    yield from (
        rng.standard_t(2, size=(160, 256)),
        np.cumsum(noise, axis=1),
        noise.reshape(-1),
        low[:, :8] + noise[:, :8],
    )
    yield from rows_that_come_again(rng)


def rows_that_come_again(rng):
    """Matrices that begin with rows of their own and go on with equal ones: layers grown, tied or never trained."""
    rows, row, scaled = rng.normal(size=(10, 512)), rng.normal(size=64), rng.normal(size=(128, 128))
    yield np.concatenate([rows, np.tile(rows, (59, 1))])
    yield np.concatenate([rng.normal(size=(300, 64)), np.tile(row, (700, 1))])
    yield np.tile(scaled * rng.lognormal(size=(128, 1)), (8, 1))
    yield np.tile(rng.normal(size=(256, 512)), (3, 1))
    yield np.where(rng.random((300, 300)) < 0.999, 0, rng.normal(size=(300, 300)) * rng.lognormal(size=(300, 1)))


@pytest.mark.parametrize("rel", [1e-1, 1e-2, 1e-3, 1e-5])
@pytest.mark.parametrize("kind", range(17))
def test_auto_is_never_larger_than_scaled_by_more_than_a_byte_nor_than_sz3_by_a_thousandth_more(rng, kind, rel):
    update = list(updates_of_many_kinds(rng))[kind].astype(FLOAT)
    bound = float(rel * np.ptp(update))
    chosen, scaled, sz3 = (len(each.encode(update, bound)) for each in (Auto(), Scaled(), SZ3()))
    assert chosen <= min(scaled, 1.001 * sz3) + 1


def test_auto_makes_one_stream_where_that_decides(rng, monkeypatch):
    asked, encode = [], SZ3.encode
    monkeypatch.setattr(
        SZ3, "encode", lambda self, array, bound: asked.append(array.size) or encode(self, array, bound)
    )
    for update in (of_low_rank(rng), rng.normal(size=(40, 90)).astype(FLOAT)):
        assert len(Auto().encode(update, 0.05)) == 1 + len(Scaled().encode(update, 0.05))
    assert not asked
