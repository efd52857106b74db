"""States written to files come back bit for bit by the readers of states."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from fedsz_privacy.codec.header import Entry
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.data.saving import WRITERS, write_state
from fedsz_privacy.data.wrappings import read_state

ODD = {
    "weight": torch.randn(7, 5).T,
    "größe/層.weight": torch.tensor([1.0, torch.nan, -0.0, torch.inf]),
    "double": torch.tensor(0.1, dtype=torch.float64),
    "half": torch.randn(3).half(),
    "count": torch.tensor(7),
    "mask": torch.tensor([True, False]),
    "none": torch.empty(0, 3),
    "file": torch.arange(5, dtype=torch.uint8),
    "": torch.zeros(2),
    "complex": torch.ones(2, dtype=torch.complex64),
}


def written(state, path):
    entries = [Entry(name, tensor.dtype, tuple(tensor.shape), 0) for name, tensor in state.items()]
    write_state(entries, iter(state.items()), path)
    return path


@pytest.mark.parametrize("suffix", WRITERS)
def test_a_state_comes_back_bit_for_bit(tmp_path, suffix):
    found = read_state(written(ODD, tmp_path / f"state{suffix}"))
    assert set(found) == set(ODD)
    for name, tensor in ODD.items():
        assert (found[name].dtype, found[name].shape) == (tensor.dtype, tensor.shape)
        assert found[name].numpy().tobytes() == tensor.numpy().tobytes()


def test_other_readers_read_them_too(tmp_path):
    state = {"a.weight": torch.randn(3, 4), "b": torch.tensor(2.5)}
    loaded = (
        load_file(written(state, tmp_path / "state.safetensors")),
        torch.load(written(state, tmp_path / "state.pt"), weights_only=True),
        dict(np.load(written(state, tmp_path / "state.npz"))),
    )
    for each in loaded:
        assert {name: np.asarray(value).tolist() for name, value in each.items()} == {
            name: tensor.tolist() for name, tensor in state.items()
        }


@pytest.mark.parametrize(
    ("name", "tensor", "suffix", "message"),
    [
        ("a", torch.ones(2), ".txt", "has no suffix of a format that states are saved in: choose .safetensors, .npz"),
        ("a", torch.ones(2), "", "has no suffix of a format"),
        ("a", torch.ones(2).bfloat16(), ".npz", "cannot hold 'a' of torch.bfloat16: choose .safetensors or .pt"),
        ("a\0b", torch.ones(2), ".npz", r"cannot hold 'a\\x00b' of torch.float32: choose .safetensors or .pt"),
        ("a", torch.ones(2, dtype=torch.complex128), ".safetensors", "cannot hold 'a' of torch.complex128"),
    ],
)
def test_what_a_format_cannot_hold_is_one_line(tmp_path, name, tensor, suffix, message):
    with pytest.raises(InputError, match=message) as caught:
        written({name: tensor}, tmp_path / f"state{suffix}")
    assert "\n" not in str(caught.value)
