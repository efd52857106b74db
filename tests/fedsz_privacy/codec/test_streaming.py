import dataclasses
import os
from bisect import bisect_left
from functools import partial

import pytest
import torch

from fedsz_privacy import ErrorBound, FedSZ, FrameError, InputError, LossyWarning
from fedsz_privacy.codec.frame import pack, unpack
from fedsz_privacy.codec.header import BLOCK, Entry, Header
from fedsz_privacy.codec.streaming import header_of

FEDSZ = FedSZ(ErrorBound.rel(1e-2))


@pytest.fixture
def state():
    torch.manual_seed(0)
    steps = {f"{place}.steps": torch.arange(place, place + BLOCK // 16) for place in range(3)}
    halves = {"1.weight": torch.randn(40, 50, dtype=torch.float64), "2.weight": torch.randn(3000).half()}
    last = {"1.bias": torch.randn(40), "constant.weight": torch.ones(2000), "3.weight": torch.randn(2000)}
    return {"0.weight": torch.randn(100, 50), **steps, **halves, **last}


class Asked(dict):
    """A state that notes what is asked of it."""

    def __init__(self, state):
        super().__init__(state)
        self.names = []

    def __getitem__(self, name):
        self.names.append(name)
        return super().__getitem__(name)


@pytest.mark.parametrize("kept", [0, 1, 2, 9])
def test_the_file_has_the_bytes_of_the_frame_and_gives_its_tensors_in_order(state, tmp_path, kept):
    state, path = dict(list(state.items())[:kept]), tmp_path / "frame"
    encoded = FEDSZ.encode_to(state, path)
    frame, bounds = FEDSZ.encode_with_bounds(state)
    assert path.read_bytes() == frame
    assert (encoded.header, encoded.nbytes, encoded.bounds) == (unpack(frame)[0], len(frame), bounds)
    assert header_of(path) == encoded.header
    found, decoded = list(FEDSZ.decode_from(path)), FEDSZ.decode(frame)
    assert [name for name, _ in found] == list(state)
    assert all(torch.equal(tensor, decoded[name]) and tensor.dtype == state[name].dtype for name, tensor in found)


def test_each_tensor_is_asked_for_once_and_in_order(state, tmp_path):
    asked = Asked(state)
    FEDSZ.encode_to(asked, tmp_path / "frame")
    assert asked.names == list(state)


def test_nothing_is_written_of_a_state_that_a_frame_cannot_carry(state, tmp_path):
    with pytest.raises(InputError, match="'odd' has dtype"):
        FEDSZ.encode_to({**state, "odd": torch.zeros(2, dtype=torch.float8_e5m2)}, tmp_path / "frame")
    assert not list(tmp_path.iterdir())


def test_what_was_there_stays_when_writing_fails(state, tmp_path):
    path = tmp_path / "frame"
    path.write_bytes(b"before")
    with pytest.raises(InputError, match="max_bytes allows 1000"):
        dataclasses.replace(FEDSZ, max_bytes=1000).encode_to(state, path)
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("frame", b"before")]


def accepted(path, max_bytes):
    """Whether a file is decoded under a limit."""
    try:
        return bool(list(dataclasses.replace(FEDSZ, max_bytes=max_bytes).decode_from(path)))
    except FrameError:
        return False


def test_the_limit_is_the_same_on_both_sides_to_the_byte(state, tmp_path):
    path = tmp_path / "frame"
    FEDSZ.encode_to(state, path)
    least = bisect_left(range(10**8), 1, key=partial(accepted, path))
    assert 0 < least < 5 * max(tensor.nbytes for tensor in state.values()) + 3 * BLOCK
    dataclasses.replace(FEDSZ, max_bytes=least).encode_to(state, path)
    with pytest.raises(
        InputError, match=f"frame takes {least} bytes to decode one by one; max_bytes allows {least - 1}"
    ):
        dataclasses.replace(FEDSZ, max_bytes=least - 1).encode_to(state, path)
    with pytest.raises(FrameError, match=f"takes {least} bytes to decode one by one; max_bytes allows {least - 1}"):
        list(dataclasses.replace(FEDSZ, max_bytes=least - 1).decode_from(path))


def test_a_refusal_says_whose_bytes_it_counts(tmp_path):
    state = {"first": torch.zeros(10), "b.weight": torch.linspace(0, 1, 5000)}
    for allowed, told in {
        10: "tensor 'first' takes 40 bytes or more to decode",
        100: "tensor 'b.weight' takes 20000 bytes or more to decode",
        20_000: "tensor 'b.weight' takes .* bytes or more to decode",
    }.items():
        with pytest.raises(
            InputError, match=rf"^{told}; max_bytes allows {allowed}: raise it here and where it is dec"
        ):
            dataclasses.replace(FEDSZ, max_bytes=allowed).encode_to(state, tmp_path / "frame")


def test_a_block_that_takes_too_much_is_named_by_its_first_tensor(tmp_path):
    state = {f"{place}": torch.rand(1000) for place in range(3)}
    with pytest.raises(InputError, match=r"^tensor '0' in one block with 2 more takes .* bytes or more to decode"):
        dataclasses.replace(FEDSZ, max_bytes=12_000).encode_to(state, tmp_path / "frame")


def test_a_state_larger_than_the_limit_passes_tensor_by_tensor(tmp_path):
    state = {f"{place}.weight": torch.linspace(0, place + 1, 5000) for place in range(100)}
    narrow = dataclasses.replace(FEDSZ, max_bytes=600_000)
    with pytest.raises(InputError, match="max_bytes"):
        narrow.encode(state)
    narrow.encode_to(state, tmp_path / "frame")
    assert len(list(narrow.decode_from(tmp_path / "frame"))) == 100
    with pytest.raises(FrameError, match="max_bytes"):
        narrow.decode((tmp_path / "frame").read_bytes())


def test_nothing_is_handed_out_of_a_damaged_file(state, tmp_path):
    path = tmp_path / "frame"
    FEDSZ.encode_to(state, path)
    frame = bytearray(path.read_bytes())
    frame[len(frame) // 2] ^= 1
    path.write_bytes(frame)
    with pytest.raises(FrameError, match="checksum"):
        next(FEDSZ.decode_from(path))


def test_a_file_that_changes_while_it_is_read_is_left(state, tmp_path):
    path = tmp_path / "frame"
    FEDSZ.encode_to(state, path)
    tensors = FEDSZ.decode_from(path)
    next(tensors)
    os.utime(path, ns=(1, 1))
    with pytest.raises(FrameError, match="changed while it was read"):
        list(tensors)


def test_a_stream_that_lies_is_one_line(tmp_path):
    path = tmp_path / "frame"
    path.write_bytes(pack(Header("sz3", "zstd", (Entry("weight", torch.float32, (2000,), 4),)), [b"abcd"]))
    with pytest.raises(FrameError, match="does not hold what it announces"):
        list(FEDSZ.decode_from(path))


def test_a_stream_larger_than_the_limit_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "frame"
    stream = bytes(10**6)
    path.write_bytes(pack(Header("sz3", "zstd", (Entry("weight", torch.float32, (2000,), len(stream)),)), [stream]))
    with pytest.raises(FrameError, match="max_bytes allows 100000"):
        list(dataclasses.replace(FEDSZ, max_bytes=100_000).decode_from(path))


def test_a_frame_that_needs_another_round_is_refused(tmp_path):
    (tmp_path / "frame").write_bytes(pack(Header("sz3", "zstd", (), predicted_from=3), []))
    with pytest.raises(FrameError, match="round 3"):
        list(FEDSZ.decode_from(tmp_path / "frame"))


def test_a_file_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(InputError, match="no file at"):
        next(FEDSZ.decode_from(tmp_path / "frame"))


def test_a_state_of_which_little_is_lossy_warns(tmp_path):
    with pytest.warns(LossyWarning, match="lower threshold=") as caught:
        FEDSZ.encode_to({"weight": torch.randn(100)}, tmp_path / "frame")
    assert caught[0].filename == __file__


def test_a_path_may_be_a_string_and_nothing_else(tmp_path):
    state = {"weight": torch.linspace(0, 1, 5000)}
    FEDSZ.encode_to(state, str(tmp_path / "frame"))
    assert [name for name, _ in FEDSZ.decode_from(str(tmp_path / "frame"))] == ["weight"]
    with pytest.raises(InputError, match=r"^path of type bytes: give the path of a file$"):
        FEDSZ.decode_from(FEDSZ.encode(state))
    with pytest.raises(InputError, match=r"^path of type NoneType: give the path of a file$"):
        FEDSZ.encode_to(state, None)
