import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fedsz_privacy import ErrorBound, FedSZ, FrameError, InputError
from fedsz_privacy.codec.frame import pack, unpack
from fedsz_privacy.codec.header import BLOCK, Entry, Header
from fedsz_privacy.codec.lossless import ZSTD

FEDSZ = FedSZ(ErrorBound.rel(1e-2))
LOSSY = ["conv.weight", "half.weight", "bfloat.weight", "double.weight", "view.weight"]


def test_names_order_shapes_and_dtypes_come_back(state):
    decoded = FEDSZ.decode(FEDSZ.encode(state))
    assert list(decoded) == list(state)
    assert [(t.shape, t.dtype) for t in decoded.values()] == [(t.shape, t.dtype) for t in state.values()]


def test_large_float_weights_are_lossy_and_all_else_is_bit_exact(state):
    decoded = FEDSZ.decode(FEDSZ.encode(state))
    assert list(FEDSZ.bounds(state)) == LOSSY
    assert [name for name in state if not torch.equal(decoded[name], state[name])] == LOSSY


@pytest.mark.parametrize("rel", [1e-4, 1e-3, 1e-2, 0.3])
def test_every_error_is_within_the_bound_for_every_dtype(state, rel):
    fedsz = FedSZ(ErrorBound.rel(rel))
    decoded = fedsz.decode(fedsz.encode(state))
    for name, bound in fedsz.bounds(state).items():
        assert (decoded[name].double() - state[name].double()).abs().max() <= bound, name


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    array=hnp.arrays(
        st.sampled_from([np.float16, np.float32, np.float64]),
        hnp.array_shapes(max_dims=5, max_side=6),
        elements=st.floats(width=16, allow_nan=True, allow_infinity=True),
    ),
    bound=st.one_of(st.floats(1e-4, 0.5).map(ErrorBound.rel), st.floats(1e-4, 10).map(ErrorBound.abs)),
)
def test_the_bound_holds_and_what_is_not_finite_is_kept(array, bound):
    fedsz = FedSZ(bound, threshold=0)
    state = {"weight": torch.from_numpy(array)}
    decoded = fedsz.decode(fedsz.encode(state))["weight"].numpy()
    finite = np.isfinite(array)
    error = np.abs(decoded[finite].astype(np.longdouble) - array[finite].astype(np.longdouble))
    assert (error <= fedsz.bounds(state).get("weight", 0.0)).all()
    assert np.array_equal(decoded[~finite], array[~finite], equal_nan=True)


def test_threshold_moves_the_partition(state):
    assert "small.weight" in FedSZ(ErrorBound.rel(1e-2), threshold=99).bounds(state)
    assert FedSZ(ErrorBound.rel(1e-2), threshold=10**6).bounds(state) == {}


def test_a_parameter_on_the_tape_is_encoded_by_value():
    state = {"weight": torch.nn.Parameter(torch.randn(50, 50))}
    assert FEDSZ.decode(FEDSZ.encode(state))["weight"].shape == (50, 50)


def test_an_empty_state_comes_back_empty():
    assert FEDSZ.decode(FEDSZ.encode({})) == {}


def test_the_same_state_gives_the_same_bytes(state):
    assert FEDSZ.encode(state) == FEDSZ.encode(state)


def test_weights_shrink():
    state = {"weight": torch.randn(100_000)}
    assert len(FEDSZ.encode(state)) < 400_000 / 5


@pytest.mark.slow
def test_no_single_damaged_byte_yields_a_state(state):
    frame = FEDSZ.encode(state)
    for place in range(len(frame)):
        altered = bytearray(frame)
        altered[place] ^= 1 << place % 8
        with pytest.raises(FrameError):
            FEDSZ.decode(bytes(altered))


def test_hostile_streams_behind_a_valid_checksum_raise_frame_errors_only(rng):
    clean = FEDSZ.compressor.encode(rng.normal(size=2000), 0.1)
    for _ in range(200):
        stream = bytearray(clean)
        for place in rng.integers(0, len(stream), 3):
            stream[place] = rng.integers(256)
        header = Header("sz3", "zstd", (Entry("weight", torch.float64, (2000,), len(stream)),))
        try:
            decoded = FEDSZ.decode(pack(header, [bytes(stream)]))
        except FrameError:
            continue
        assert decoded["weight"].shape == (2000,)


@pytest.mark.parametrize("shape", [(2000,), (2**50,)])
def test_a_decompression_bomb_is_refused_before_memory_is_taken(shape):
    header = Header("sz3", "zstd", (Entry("weight", torch.float32, shape, 4),))
    with pytest.raises(FrameError, match="max_bytes"):
        FedSZ(ErrorBound.rel(1e-2), max_bytes=1000).decode(pack(header, [b"abcd"]))


def test_a_lossless_block_of_another_size_is_refused():
    block = ZSTD.compress(b"x" * 10**6)
    header = Header("sz3", "zstd", (Entry("steps", torch.int64, (2,), 0),), (len(block),))
    with pytest.raises(FrameError, match="does not hold 16 bytes"):
        FEDSZ.decode(pack(header, [block]))


def test_unknown_codecs_are_refused():
    with pytest.raises(FrameError, match="unknown, or not trusted"):
        FEDSZ.decode(pack(Header("pickle", "zstd", ()), []))


def test_a_frame_that_needs_another_round_is_refused_by_who_has_no_memory():
    with pytest.raises(FrameError, match="predicted from round 3, of which there is no memory here"):
        FEDSZ.decode(pack(Header("sz3", "zstd", (), predicted_from=3), []))


def test_exact_tensors_fill_blocks_and_come_back_between_lossy_ones():
    exact = {f"{place}.steps": torch.arange(place, place + BLOCK // 16) for place in range(5)}
    state = {"0.weight": torch.linspace(0, 1, 5000), **exact, "1.weight": torch.linspace(1, 2, 5000)}
    frame = FEDSZ.encode(state)
    units = [len(unit) for unit, _ in unpack(frame)[0].units()]
    decoded = FEDSZ.decode(frame)
    assert units == [1, 2, 2, 1, 1]
    assert list(decoded) == list(state)
    assert all(torch.equal(decoded[name], tensor) for name, tensor in exact.items())


def test_a_dtype_that_the_frame_cannot_carry_is_named():
    with pytest.raises(InputError, match=r"'odd' has dtype torch\.float8_e5m2: convert"):
        FEDSZ.encode({"odd": torch.zeros(2, dtype=torch.float8_e5m2)})


def test_a_negative_threshold_is_refused():
    with pytest.raises(InputError, match="threshold -1"):
        FedSZ(ErrorBound.rel(1e-2), threshold=-1)


@pytest.mark.parametrize(
    ("bound", "message"),
    [
        (1e-2, r"bound 0\.01 is no ErrorBound: write ErrorBound\.rel\(0\.01\)"),
        (np.float64(1e-3), r"bound .*0\.001.* is no ErrorBound: write ErrorBound\.rel\(0\.001\)"),
        (5.0, r"bound 5\.0 is no ErrorBound: write ErrorBound\.rel\(0\.01\)"),
        ("rel=1e-2", r"bound 'rel=1e-2' is no ErrorBound: write ErrorBound\.rel\(0\.01\)"),
        (torch.zeros(3, 2), r"bound tensor.* is no ErrorBound: write ErrorBound\.rel\(0\.01\)"),
    ],
)
def test_a_bound_that_is_none_is_refused_at_once(bound, message):
    with pytest.raises(InputError, match=f"^{message}$"):
        FedSZ(bound)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (torch.nn.Linear(2, 2), r"a Linear is no state: give its state_dict\(\)"),
        ([torch.ones(2)], r"a list is no state: give what model\.state_dict\(\) returns"),
        (None, "a NoneType is no state: give"),
    ],
)
def test_what_is_no_state_is_refused_and_nothing_written(tmp_path, given, message):
    def encode_to(given):
        return FEDSZ.encode_to(given, tmp_path / "frame")

    for encode in (FEDSZ.encode, FEDSZ.encode_with_bounds, FEDSZ.bounds, encode_to):
        with pytest.raises(InputError, match=f"^{message}"):
            encode(given)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("given", ["abc", None, torch.zeros(2), np.zeros((4, 4))[:, ::2]])
def test_what_is_no_frame_is_refused(given):
    kind = type(given).__name__
    with pytest.raises(InputError, match=f"^a {kind} is no frame: give the bytes of a frame; decode_from takes the"):
        FEDSZ.decode(given)


def test_any_buffer_that_holds_a_frame_is_decoded(state):
    frame = FEDSZ.encode(state)
    for buffer in (bytearray(frame), memoryview(frame), np.frombuffer(frame, np.uint8)):
        assert list(FEDSZ.decode(buffer)) == list(state)


def test_an_update_of_the_clip_norm_comes_out_longer():
    """What docs/flower.md says: between clipping and noise there must be no lossy codec."""
    update = torch.from_numpy(np.random.default_rng(0).normal(size=4096)).float()
    fedsz = FedSZ(ErrorBound.rel(1e-1))
    back = fedsz.decode(fedsz.encode({"weight": update / update.norm()}))
    assert back["weight"].norm() > 1.05
