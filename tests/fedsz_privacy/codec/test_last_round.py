"""Frames that are predicted from the round before: smaller or as they were, and refused by who lacks that round."""

import tracemalloc
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fedsz_privacy import ErrorBound, FedSZ, FrameError, InputError
from fedsz_privacy.codec.compressors import SZ3, Auto, Quantiser
from fedsz_privacy.codec.frame import pack, unpack
from fedsz_privacy.codec.header import Entry, Header
from fedsz_privacy.codec.last_round import LastRound

FEDSZ = FedSZ(ErrorBound.rel(1e-2))
AUTO = FedSZ(ErrorBound.rel(1e-2), Auto())
NUMBER = 3


def after(state, number=NUMBER, share=0.7, noise=0.2, seed=0):
    """Return a last round that is like a state, but for its integers and bools."""
    draw = torch.Generator().manual_seed(seed)
    return LastRound(
        number,
        {
            name: (tensor.double() / share + noise * torch.randn(tensor.shape, generator=draw)).to(tensor.dtype)
            if tensor.is_floating_point()
            else tensor
            for name, tensor in state.items()
        },
    )


@pytest.mark.parametrize("fedsz", [FEDSZ, AUTO], ids=["sz3", "auto"])
def test_a_round_like_it_makes_a_frame_smaller_and_every_bound_holds(state, fedsz):
    last = after(state)
    frame = fedsz.encode(state, last)
    assert unpack(frame)[0].predicted_from == NUMBER
    assert len(frame) < 0.95 * len(fedsz.encode(state))
    decoded, bounds = fedsz.decode(frame, after(state)), fedsz.bounds(state)
    assert [(t.shape, t.dtype) for t in decoded.values()] == [(t.shape, t.dtype) for t in state.values()]
    for name, tensor in state.items():
        if name in bounds:
            assert (decoded[name].double() - tensor.double()).abs().max() <= bounds[name], name
        else:
            assert torch.equal(decoded[name], tensor), name


def test_without_a_last_round_or_with_one_that_does_not_help_the_frame_is_the_same(state):
    alone = FEDSZ.encode(state)
    assert FEDSZ.encode(state, None) == alone
    assert FEDSZ.encode(state, LastRound(NUMBER, {})) == alone
    cut = {name: tensor[:0] for name, tensor in state.items() if tensor.ndim}
    assert FEDSZ.encode(state, LastRound(NUMBER, cut)) == alone
    unlike = {name: torch.randn(t.shape).to(t.dtype) for name, t in state.items() if t.is_floating_point()}
    assert FEDSZ.encode(state, LastRound(NUMBER, unlike)) == alone
    assert all(
        torch.equal(tensor, other)
        for tensor, other in zip(FEDSZ.decode(alone, after(state)).values(), FEDSZ.decode(alone).values(), strict=True)
    )


@settings(derandomize=True, deadline=None, max_examples=30)
@given(
    share=st.floats(-1.5, 1.5).filter(lambda share: abs(share) > 1e-3),
    noise=st.floats(0, 3),
    rel=st.floats(1e-4, 0.5),
    tensors=st.integers(1, 12),
)
def test_a_frame_is_never_larger_than_without_the_last_round(share, noise, rel, tensors):
    draw = torch.Generator().manual_seed(1)
    update = {f"{place}.weight": torch.randn(11, 10, generator=draw) for place in range(tensors)}
    fedsz, last = FedSZ(ErrorBound.rel(rel), Quantiser(), threshold=0), after(update, share=share, noise=noise)
    frame, bounds = fedsz.encode_with_bounds(update, last)
    assert len(frame) <= len(fedsz.encode(update))
    decoded = fedsz.decode(frame, last)
    assert all((decoded[name].double() - update[name].double()).abs().max() <= bound for name, bound in bounds.items())


@pytest.mark.parametrize(
    ("here", "words"),
    [
        (lambda _: None, "decode was given none"),
        (lambda last: replace(last, number=2), "the last round here is 2"),
        (lambda last: replace(last, number=4), "the last round here is 4"),
    ],
)
def test_who_lacks_the_round_says_so_in_one_line(state, here, words):
    last = after(state)
    frame = FEDSZ.encode(state, last)
    with pytest.raises(FrameError, match=rf"^frame was predicted from round 3, of which [^\n]+{words}$"):
        FEDSZ.decode(frame, here(last))


@pytest.mark.parametrize("change", ["another average", "a tensor less", "another shape", "another dtype"])
def test_another_average_of_the_same_round_is_refused(state, change):
    last = after(state)
    frame = FEDSZ.encode(state, last)
    weight = last.average["conv.weight"]
    others = {
        "another average": {"conv.weight": weight * 1.0001},
        "a tensor less": {"conv.weight": torch.zeros(0)},
        "another shape": {"conv.weight": weight.reshape(-1)},
        "another dtype": {"conv.weight": weight.double()},
    }
    with pytest.raises(FrameError, match=r"^frame does not hold what it announces: predicted from [^\n]+$"):
        FEDSZ.decode(frame, LastRound(NUMBER, {**last.average, **others[change]}))


def test_hostile_streams_in_a_frame_that_names_a_round_raise_frame_errors_only(rng):
    update = {"weight": torch.from_numpy(rng.normal(size=2000))}
    last = after(update)
    header, payload = unpack(FEDSZ.encode(update, last))
    for _ in range(200):
        stream = bytearray(payload)
        for place in rng.integers(0, len(stream), 3):
            stream[place] = rng.integers(256)
        try:
            decoded = FEDSZ.decode(pack(header, [bytes(stream)]), last)
        except FrameError:
            continue
        assert decoded["weight"].shape == (2000,)


def test_a_bomb_behind_a_coefficient_is_refused_before_memory_is_taken():
    header = Header("sz3", "zstd", (Entry("weight", torch.float32, (2**40,), 9),), predicted_from=0)
    with pytest.raises(FrameError, match=r"does not hold|max_bytes"):
        FedSZ(ErrorBound.rel(1e-2), max_bytes=10**6).decode(pack(header, [b"\x01" * 9]), LastRound(0, {}))


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_decoding_takes_no_more_than_it_is_charged(dtype):
    update = {"weight": torch.randn(500, 600).to(dtype)}
    last = after(update)
    fedsz = FedSZ(ErrorBound.rel(1e-1), Quantiser())
    frame = fedsz.encode(update, last)
    limit = next(
        size
        for size in range(update["weight"].nbytes, 10**8, 50_000)
        if _decodes(replace(fedsz, max_bytes=size), frame, last)
    )
    tracemalloc.start()
    try:
        fedsz.decode(frame, last)
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


def _decodes(fedsz, frame, last):
    try:
        return bool(fedsz.decode(frame, last))
    except FrameError:
        return False


@pytest.mark.parametrize("compressor", [SZ3(), Auto()], ids=lambda compressor: compressor.name)
def test_encoding_refuses_what_decoding_has_no_room_for(state, compressor):
    last = after(state)
    frame = FedSZ(ErrorBound.rel(1e-2), compressor).encode(state, last)
    for max_bytes in range(100_000, 400_000, 3_000):
        fedsz = FedSZ(ErrorBound.rel(1e-2), compressor, max_bytes=max_bytes)
        try:
            fedsz.encode(state, last)
        except InputError:
            with pytest.raises(FrameError):
                fedsz.decode(frame, last)
        else:
            assert fedsz.decode(frame, last)


@pytest.mark.parametrize("number", [-1, 2**62, 2**70, 1.5, True])
def test_rounds_are_counted_from_0(number):
    with pytest.raises(InputError, match=f"^last round {number}: choose "):
        LastRound(number, {})


def test_a_file_is_not_decoded_one_by_one_from_a_round(state, tmp_path):
    path = tmp_path / "frame"
    path.write_bytes(FEDSZ.encode(state, after(state)))
    with pytest.raises(FrameError, match=r"^frame was predicted from round 3, of which there is no memory here[^\n]+$"):
        next(FEDSZ.decode_from(path))


def test_frames_do_not_depend_on_workers(state):
    assert FedSZ(ErrorBound.rel(1e-2), workers=2).encode(state, after(state)) == FEDSZ.encode(state, after(state))
