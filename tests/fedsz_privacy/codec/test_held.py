import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from xxhash import xxh3_128_digest

from fedsz_privacy.codec.held import Held, decode_held, encode_held, fingerprint

STATE = {"a": torch.arange(6.0).reshape(2, 3).T, "b": torch.tensor(3), "c": torch.ones(2).bfloat16()}


@settings(derandomize=True, deadline=None)
@given(st.binary(max_size=20) | st.binary(min_size=15, max_size=17).map(lambda rest: b"\1" + rest))
def test_what_is_read_is_what_is_written_and_all_else_is_refused(data):
    if data in (b"", b"\0") or (data[:1] == b"\1" and len(data) == 17):
        assert encode_held(decode_held(data)) == data
    else:
        with pytest.raises(ValueError, match="do not say"):
            decode_held(data)


@pytest.mark.parametrize("held", [None, Held(), Held(bytes(range(16)))])
def test_what_is_written_is_read(held):
    assert decode_held(encode_held(held)) == held


def test_a_fingerprint_is_of_the_bytes_row_by_row():
    raw = torch.tensor([0.0, 3, 1, 4, 2, 5]).numpy().tobytes() + torch.tensor(3).numpy().tobytes() + b"\x80\x3f" * 2
    assert fingerprint(STATE) == xxh3_128_digest(raw)


def test_names_do_not_count_and_every_bit_does():
    assert fingerprint({f"module.{name}": tensor for name, tensor in STATE.items()}) == fingerprint(STATE)
    assert fingerprint(STATE | {"c": torch.tensor([1, 1.0078125]).bfloat16()}) != fingerprint(STATE)
