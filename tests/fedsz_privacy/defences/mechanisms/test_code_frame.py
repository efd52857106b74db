"""Codes come back from a frame as they went in, whatever their size, and the key is not in it."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fedsz_privacy import ErrorBound, FedSZ, InputError, parse_release
from fedsz_privacy.codec.header import FrameError
from fedsz_privacy.core.shared_randomness import SharedRandomness
from fedsz_privacy.defences.mechanisms import dither as module
from fedsz_privacy.defences.mechanisms.channel import Channel
from fedsz_privacy.defences.mechanisms.code_frame import pack_codes, unpack_codes
from fedsz_privacy.defences.mechanisms.dither import Dithered
from fedsz_privacy.defences.mechanisms.quantiser import MOST_CODE, round_to_codes

SIZES = st.sampled_from([0, 1, 7, 1000, 1001, 3000])
SPREADS = st.sampled_from([0, 1, 100, 30_000, 2**20, 2**26, 2**32])


@given(SIZES, SPREADS, st.integers(0, 100))
@settings(derandomize=True, deadline=None)
def test_codes_come_back_as_they_were(size, spread, seed):
    codes = np.random.default_rng(seed).integers(-spread, spread + 1, size)
    codes[:1] = spread
    others = {"steps": torch.tensor([3, 2**40]), "mask": torch.ones(2, 2, dtype=torch.bool)}
    back, beside = unpack_codes(pack_codes({"weight": codes}, others), {"weight"})
    assert (back["weight"] == codes).all()
    assert all(torch.equal(beside[name], tensor) for name, tensor in others.items())


def test_a_frame_that_was_altered_is_refused():
    frame = bytearray(pack_codes({"weight": np.arange(2000)}, {}))
    frame[len(frame) // 2] ^= 1
    with pytest.raises(FrameError):
        unpack_codes(bytes(frame), {"weight"})


def test_a_frame_of_something_else_is_refused():
    with pytest.raises(FrameError, match="made by 'auto', 'zstd', and holds no codes"):
        unpack_codes(FedSZ(ErrorBound.rel(1e-2)).encode({"weight": torch.randn(40, 50)}), {"weight"})
    with pytest.raises(FrameError, match="needs codecs 'int'"):
        FedSZ(ErrorBound.rel(1e-2)).decode(pack_codes({"weight": np.arange(2000)}, {}))


def test_the_key_does_not_travel_and_without_it_a_frame_says_little():
    """The receiver with another key is off by a uniform dither; error rate: none, the bound is 20 deviations away."""
    x, shared = np.random.default_rng(0).normal(size=5000), SharedRandomness(2**127 + 12345)
    frame = Channel({"w": Dithered(1.0)}, shared).encode({"w": x}, {}, np.random.default_rng(0))
    assert shared.key.to_bytes(16, "little") not in frame
    assert shared.key.to_bytes(16, "big") not in frame
    like = {"w": torch.from_numpy(x)}
    errors = [
        Channel({"w": Dithered(1.0)}, each).decode(frame, like)["w"].numpy() - x
        for each in (shared, SharedRandomness(1))
    ]
    assert np.abs(errors[0]).max() <= 0.5
    assert errors[1].std() > 1.3 * errors[0].std()


def test_codes_that_leave_the_dither_no_bits_are_refused():
    assert round_to_codes(np.array([MOST_CODE])) == [2**32]
    for wrong in (2 * MOST_CODE, np.inf, np.nan):
        with pytest.raises(InputError, match="choose a bound"):
            round_to_codes(np.array([wrong]))


@pytest.mark.parametrize(
    "text",
    [
        "dither:rel=1e-2",
        "dither:abs=1e-3",
        "dither:abs=1,clip=1e-3",
        "layered-gaussian:noise=1,clip=1",
        "layered-gaussian:noise=1,secret=0.5,clip=1",
        "layered-laplace:eps=8,clip=1",
        "staircase:eps=4,clip=1e-2",
    ],
)
def test_every_float_that_leaves_is_noised_and_nothing_else_tells(text, batch_norm_update):
    release = parse_release(text)
    released = release.apply(batch_norm_update, np.random.default_rng(1))
    assert list(released.update) == list(batch_norm_update)
    for name, tensor in batch_norm_update.items():
        after = released.update[name]
        assert (after.shape, after.dtype) == (tensor.shape, tensor.dtype)
        if tensor.is_floating_point():
            # Of halves a few come back as they were, by rounding.
            assert (after != tensor).float().mean() > 0.95, name
        elif release.is_proved:
            assert not after.any(), name
        else:
            assert torch.equal(after, tensor), name


def test_sizes_are_those_of_the_frame_and_of_the_bounds_beside_it(batch_norm_update, monkeypatch):
    frames = []
    encode = Channel.encode
    monkeypatch.setattr(module.Channel, "encode", lambda *given: frames.append(encode(*given)) or frames[-1])
    floats = sum(tensor.is_floating_point() for tensor in batch_norm_update.values())
    for text, side in (("dither:rel=1e-2", 8 * floats), ("dither:abs=1e-3", 0)):
        released = parse_release(text).apply(batch_norm_update, np.random.default_rng(2))
        assert released.nbytes == len(frames[-1]) + side
