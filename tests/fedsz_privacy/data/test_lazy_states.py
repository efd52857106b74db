import pytest
import torch
from safetensors.torch import load_file, save_file

from fedsz_privacy import ErrorBound, FedSZ, InputError
from fedsz_privacy.codec.header import DTYPES, Entry
from fedsz_privacy.codec.streaming import header_of
from fedsz_privacy.data.checkpoints import load_checkpoint
from fedsz_privacy.data.lazy_states import SAFETENSORS_DTYPES, LazyState, write_safetensors


@pytest.fixture
def state():
    shapes = [(), (3,), (0, 2), (4, 5)]
    return {f"{dtype} {shape} é": torch.ones(shape, dtype=dtype) for dtype in SAFETENSORS_DTYPES for shape in shapes}


def entries_of(state):
    return [Entry(name, tensor.dtype, tuple(tensor.shape), 0) for name, tensor in state.items()]


def test_every_dtype_of_a_frame_but_one_has_a_name():
    assert set(DTYPES) - set(SAFETENSORS_DTYPES) == {torch.complex128}


def test_the_library_reads_what_is_written(state, tmp_path):
    write_safetensors(entries_of(state), state.items(), tmp_path / "a.safetensors")
    found = load_file(tmp_path / "a.safetensors")
    assert set(found) == set(state)
    assert all(torch.equal(found[name], tensor) and found[name].dtype == tensor.dtype for name, tensor in state.items())


def test_a_file_is_the_state_that_is_loaded_whole(state, tmp_path):
    save_file(state, path := tmp_path / "a.safetensors")
    lazy, whole = LazyState(path), load_checkpoint(path)
    assert list(lazy) == list(whole)
    assert len(lazy) == len(whole)
    assert all(torch.equal(tensor, whole[name]) for name, tensor in lazy.items())
    assert "none" not in lazy


def test_a_state_goes_through_files_alone(tmp_path):
    torch.manual_seed(0)
    save_file({"a.weight": torch.randn(50, 60), "steps": torch.arange(5)}, path := tmp_path / "a.safetensors")
    fedsz, state = FedSZ(ErrorBound.rel(1e-2)), load_checkpoint(path)
    fedsz.encode_to(LazyState(path), tmp_path / "frame")
    header = header_of(tmp_path / "frame")
    write_safetensors(header.entries, fedsz.decode_from(tmp_path / "frame"), tmp_path / "b.safetensors")
    expected, found = fedsz.decode(fedsz.encode(state)), load_checkpoint(tmp_path / "b.safetensors")
    assert list(found) == list(expected)
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())


@pytest.mark.parametrize("content", [b"", b"nonsense" * 10])
def test_a_file_that_is_damaged_is_one_line(tmp_path, content):
    (tmp_path / "a.safetensors").write_bytes(content)
    with pytest.raises(InputError, match="no safetensors file"):
        LazyState(tmp_path / "a.safetensors")


@pytest.mark.parametrize(("name", "dtype"), [("a", torch.complex128), ("__metadata__", torch.float32)])
def test_what_the_format_has_no_name_for_is_one_line(tmp_path, name, dtype):
    with pytest.raises(InputError, match="cannot hold"):
        write_safetensors([Entry(name, dtype, (2,), 0)], [], tmp_path / "a.safetensors")
    assert not list(tmp_path.iterdir())


def test_tensors_that_are_not_what_was_announced_leave_no_file(tmp_path):
    with pytest.raises(ValueError, match="not the 'a' that was announced"):
        write_safetensors(entries_of({"a": torch.ones(2)}), [("a", torch.ones(3))], tmp_path / "a.safetensors")
    assert not list(tmp_path.iterdir())
