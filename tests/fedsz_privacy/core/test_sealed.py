from functools import partial

import numpy as np
import pytest
import torch
from safetensors import numpy as as_numpy
from safetensors import safe_open
from safetensors import torch as as_torch

from fedsz_privacy.core import sealed
from fedsz_privacy.core.sealed import seal, unseal

ARRAYS = {"a": np.arange(6.0).reshape(2, 3), "b": np.array([True, False])}
ABOUT = {"run": "0" * 64, "number": 3}


@pytest.fixture
def file() -> bytes:
    return seal(partial(as_numpy.save, ARRAYS), ABOUT)


def test_what_is_sealed_is_read_back_with_what_it_says(file):
    said, arrays = unseal(as_numpy.load, file, {"number": 3})
    assert ABOUT.items() <= said.items()
    assert all(np.array_equal(arrays[name], array) for name, array in ARRAYS.items())


def test_tensors_of_every_dtype_are_read_back():
    tensors = {str(dtype): torch.ones(2).to(dtype) for dtype in (torch.bfloat16, torch.float64, torch.int8, torch.bool)}
    _, found = unseal(as_torch.load, seal(partial(as_torch.save, tensors), {}), {})
    assert all(
        torch.equal(found[name], tensor) and found[name].dtype == tensor.dtype for name, tensor in tensors.items()
    )


def test_a_sealed_file_is_safetensors_that_others_read(file, tmp_path):
    (tmp_path / "file").write_bytes(file)
    with safe_open(tmp_path / "file", "np") as opened:
        assert np.array_equal(opened.get_tensor("a"), ARRAYS["a"])


def test_the_same_arrays_give_the_same_bytes(file):
    assert seal(partial(as_numpy.save, ARRAYS), ABOUT) == file


@pytest.mark.parametrize("bits", [1, 2, 32, 255])
def test_a_change_of_any_byte_is_found(file, bits):
    for place in range(len(file)):
        changed = bytearray(file)
        changed[place] ^= bits
        with pytest.raises(ValueError, match="is damaged"):
            unseal(as_numpy.load, bytes(changed), ABOUT)


def test_a_file_cut_anywhere_or_with_something_behind_it_is_found(file):
    for damaged in (*(file[:length] for length in range(len(file))), file + b"\0", file + file):
        with pytest.raises(ValueError, match="is damaged"):
            unseal(as_numpy.load, damaged, ABOUT)


@pytest.mark.parametrize(
    ("expected", "other"), [({"number": 4}, "number"), ({"run": "1" * 64}, "run"), ({"kind": "trials"}, "kind")]
)
def test_a_file_that_says_otherwise_is_found(file, expected, other):
    with pytest.raises(ValueError, match=f"is of another {other}"):
        unseal(as_numpy.load, file, expected)


def test_a_file_of_another_version_is_found(file, monkeypatch):
    monkeypatch.setattr(sealed, "FORMAT", 2)
    with pytest.raises(ValueError, match="is of another format"):
        unseal(as_numpy.load, file, ABOUT)


@pytest.mark.parametrize("nonsense", ["", "{", "[" * 100_000, "3"], ids=["nothing", "half", "deep", "a number"])
def test_a_right_checksum_over_nonsense_is_found(monkeypatch, nonsense):
    monkeypatch.setattr(sealed.json, "dumps", lambda about: f'{{"sha256": "{about["sha256"]}"}}{nonsense or "}"}')
    with pytest.raises(ValueError, match="is damaged"):
        unseal(as_numpy.load, seal(partial(as_numpy.save, ARRAYS), ABOUT), ABOUT)
