import pickle
import tracemalloc
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.data.checkpoints import load_checkpoint


class Touch:
    """Unpickling it writes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.fixture
def weights():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)).state_dict()


@pytest.mark.parametrize("name", ["model.safetensors", "model.pt", "model.bin"])
def test_a_state_dict_comes_back_as_it_was_saved(tmp_path, weights, name):
    save = save_file if name.endswith(".safetensors") else torch.save
    save(weights, tmp_path / name)
    found = load_checkpoint(tmp_path / name)
    assert set(found) == set(weights)
    assert all(torch.equal(found[key], tensor) and found[key].dtype == tensor.dtype for key, tensor in weights.items())


def test_parameters_lose_their_gradients(tmp_path):
    torch.save({"w": nn.Parameter(torch.ones(2))}, tmp_path / "model.pt")
    assert not load_checkpoint(tmp_path / "model.pt")["w"].requires_grad


def refuses(path: Path, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load_checkpoint(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["nowhere.pt", "nowhere.safetensors"])
def test_what_is_not_there_is_named(tmp_path, name):
    refuses(tmp_path / name, "no file at")


def test_a_folder_is_named_as_one(tmp_path):
    refuses(tmp_path, "is a folder: give a .safetensors file")


@pytest.mark.parametrize("save", [torch.save, lambda value, path: path.write_bytes(pickle.dumps(value))])
def test_a_file_that_needs_pickle_is_refused_and_runs_nothing(tmp_path, save):
    save({"w": Touch(tmp_path / "ran")}, tmp_path / "model.pt")
    refuses(tmp_path / "model.pt", "without running its code")
    assert not (tmp_path / "ran").exists()


def test_a_whole_module_is_refused(tmp_path):
    torch.save(nn.Linear(2, 2), tmp_path / "model.pt")
    refuses(tmp_path / "model.pt", "without running its code")


@pytest.mark.parametrize("name", ["model.pt", "model.safetensors"])
@pytest.mark.parametrize("content", [b"", b"text", bytes(100), b"PK\x03\x04" + bytes(50)])
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    refuses(tmp_path / name, "save")


def test_every_truncation_is_refused(tmp_path, weights):
    torch.save(weights, tmp_path / "whole.pt")
    whole = (tmp_path / "whole.pt").read_bytes()
    for size in range(0, len(whole), 97):
        (tmp_path / "part.pt").write_bytes(whole[:size])
        refuses(tmp_path / "part.pt", "save")


@pytest.mark.parametrize(
    ("held", "message"),
    [
        ([torch.ones(2)], "no state dict"),
        ({}, "no state dict"),
        (torch.ones(2), "no state dict"),
        ({"epoch": 3, "state_dict": {"w": torch.ones(2)}}, r"\(epoch, state_dict\): save"),
        ({0: torch.ones(2)}, r"\(0\)"),
        ({"w": torch.eye(3).to_sparse()}, r"\(w\)"),
        ({"w": torch.ones(3, device="meta")}, r"\(w\)"),
    ],
)
def test_what_is_no_state_dict_is_named(tmp_path, held, message):
    torch.save(held, tmp_path / "model.pt")
    refuses(tmp_path / "model.pt", message)


@pytest.mark.parametrize("legacy", [False, True])
def test_an_expanded_tensor_is_refused_by_what_it_needs(tmp_path, legacy):
    held = {"w": torch.zeros(1).expand(10**12)}
    torch.save(held, tmp_path / "model.pt", _use_new_zipfile_serialization=not legacy)
    refuses(tmp_path / "model.pt", "needs 4000000000000 bytes: save contiguous tensors")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path, weights):
    torch.save(weights, tmp_path / "model.pt")
    with ZipFile(tmp_path / "model.pt") as whole, ZipFile(tmp_path / "bomb.pt", "w", ZIP_DEFLATED) as bomb:
        for entry in whole.infolist():
            data = whole.read(entry)
            bomb.writestr(entry.filename, data + bytes(10**8) if entry.filename.endswith("data/0") else data)
    tracemalloc.start()
    refuses(tmp_path / "bomb.pt", "needs 1000.* bytes")
    assert tracemalloc.get_traced_memory()[1] < 10**6
    tracemalloc.stop()


def test_tied_weights_count_each_time_and_are_taken(tmp_path):
    tied = torch.randn(1000)
    torch.save({f"w{i}": tied for i in range(8)}, tmp_path / "model.pt")
    assert len(load_checkpoint(tmp_path / "model.pt")) == 8
