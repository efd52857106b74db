from dataclasses import replace

import numpy as np
import pytest

from fedsz_privacy import FrameError
from fedsz_privacy.codec.compressors import exceptions
from fedsz_privacy.codec.compressors.scaled import HEAD
from fedsz_privacy.codec.frame import unpack
from fuzz import inner
from fuzz.corpus import MODELLING, corpus, trusted_frames
from fuzz.forging import take_apart
from fuzz.frames import good_frames, mutated, repaired, sweep
from fuzz.judging import ACCEPTED, judge


@pytest.mark.parametrize("frame", corpus(), ids=len)
def test_a_frame_taken_apart_is_put_together_to_the_same_bytes(frame):
    assert take_apart(frame).frame() == frame


@pytest.mark.parametrize("frame", trusted_frames(), ids=len)
def test_a_good_frame_is_accepted_within_every_limit(frame):
    verdict = judge(frame)
    assert (verdict.reason, verdict.fault) == (ACCEPTED, "")


def test_a_forged_checksum_is_right():
    forged = replace(good_frames()[0], compressor=b"sz4").frame()
    assert unpack(forged)[0].compressor == "sz4"
    with pytest.raises(FrameError, match="checksum"):
        unpack(forged[:-1] + bytes([forged[-1] ^ 1]))


@pytest.mark.parametrize("opened", [inner.edit_sz3, inner.edit_codes, inner.edit_exceptions], ids=lambda f: f.__name__)
def test_what_is_opened_and_closed_unchanged_is_still_accepted(opened):
    seen = []

    def look(raw):
        seen.append(raw)
        return raw

    for frame in map(take_apart, trusted_frames()):
        tensors = tuple(replace(t, stream=opened(t.stream, look)) if t.stream else t for t in frame.tensors)
        assert judge(repaired(replace(frame, tensors=tensors)).frame()).reason == ACCEPTED
    assert len(seen) > 1


def test_frames_differ_by_number_and_come_again():
    frames = [mutated(0, number) for number in range(200)]
    assert frames == [mutated(0, number) for number in range(200)]
    assert len({*frames, *corpus()}) > 180
    assert mutated(1, 0) != mutated(0, 0)


def test_the_sweep_reaches_the_bytes_that_lorenzo_trusts():
    inners = [inner.SZ3Stream.open(take_apart(frame).tensors[0].stream).raw for frame in sweep()]
    number = (700_000_000).to_bytes(4, "little")
    assert any(raw[71:75] == number for raw in inners)
    assert any(raw[:4] == number for raw in inners)


@pytest.mark.parametrize("name", MODELLING)
def test_some_frames_hold_a_prediction_and_classes(name):
    (stream,) = (
        tensor.stream
        for frame in map(take_apart, trusted_frames())
        if frame.compressor == name.encode()
        for tensor in frame.tensors
        if tensor.shape == (144, 64)
    )
    content, _ = exceptions.unpack(
        stream.removeprefix(inner.SCALED if name == "auto" else b""), 144 * 64, np.dtype(np.float32)
    )
    _, _, _, rank, classed = HEAD.unpack_from(content)
    assert rank > 0
    assert classed
