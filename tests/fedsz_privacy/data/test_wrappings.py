import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.data.wrappings import load_state, read_state


def model() -> nn.Module:
    torch.manual_seed(0)
    made = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    made[1].running_mean.copy_(torch.randn(3))
    made[1].num_batches_tracked.fill_(7)
    return made


@pytest.fixture
def state():
    return model().state_dict()


def prefixed(state, prefix):
    return {f"{prefix}{name}": tensor for name, tensor in state.items()}


def arrays(state):
    return [tensor.numpy() for tensor in state.values()]


SAVED = {
    "plain.pt": torch.save,
    "flat.safetensors": save_file,
    "lightning.ckpt": lambda state, path: torch.save({"state_dict": state, "epoch": 3}, path),
    "tutorial.tar": lambda state, path: torch.save(
        {"epoch": 3, "model_state_dict": state, "optimizer_state_dict": {"state": {}, "lr": [0.1]}}, path
    ),
    "detection.pth": lambda state, path: torch.save({"model": state, "epoch": 3}, path),
    "parallel.pt": lambda state, path: torch.save(prefixed(state, "module."), path),
    "opacus.pt": lambda state, path: torch.save({"model_state_dict": prefixed(state, "_module.")}, path),
    "compiled.safetensors": lambda state, path: save_file(prefixed(state, "module._orig_mod."), path),
    "inner.pt": lambda state, path: torch.save({n.replace("0.", "0._orig_mod."): t for n, t in state.items()}, path),
    "flower.npz": lambda state, path: np.savez(path, *arrays(state)),
    "named.npz": lambda state, path: np.savez(path, **{name: tensor.numpy() for name, tensor in state.items()}),
    "averaged.npz": lambda state, path: np.savez(path, *[each.astype(np.float64) for each in arrays(state)]),
}


@pytest.mark.parametrize("name", SAVED)
def test_a_state_is_read_from_whatever_it_was_saved_in(tmp_path, state, name):
    SAVED[name](state, tmp_path / name)
    found = load_state(tmp_path / name, model().state_dict())
    assert list(found) == list(state)
    for key, tensor in state.items():
        assert torch.equal(found[key], tensor)
        assert found[key].dtype == tensor.dtype


def test_real_wrappers_are_seen_through(tmp_path):
    from opacus import GradSampleModule

    inner = nn.Sequential(nn.Linear(4, 3))
    for number, wrapped in enumerate(
        (nn.DataParallel(inner), torch.compile(inner, backend="eager"), GradSampleModule(inner))
    ):
        torch.save(wrapped.state_dict(), tmp_path / f"{number}.pt")
        assert set(wrapped.state_dict()) != set(inner.state_dict())
        found = load_state(tmp_path / f"{number}.pt", inner.state_dict())
        assert all(torch.equal(found[name], tensor) for name, tensor in inner.state_dict().items())


def test_a_model_that_has_a_layer_called_module_keeps_its_names(tmp_path):
    named = {"module.weight": torch.ones(2), "other.weight": torch.zeros(2)}
    torch.save(prefixed(named, "module."), tmp_path / "state.pt")
    assert list(load_state(tmp_path / "state.pt", named)) == list(named)


@pytest.mark.parametrize(
    ("save", "name", "message"),
    [
        (lambda state: {name: state[name] for name in list(state)[1:]}, "a.pt", "has no 0.weight, unlike the model"),
        (lambda state: state | {"2.weight": torch.ones(1)}, "a.pt", "has a 2.weight, unlike the model"),
        (lambda state: state | {"0.bias": torch.ones(4)}, "a.pt", r"has 0.bias \(4,\), and the model \(3,\)"),
        (lambda state: state | {"module.0.bias": torch.ones(3)}, "a.pt", "has 0.bias more than once"),
        (lambda state: {"epoch": 3, "weights": state}, "a.pt", "holds more than dense tensors"),
        (lambda state: arrays(state)[1:], "a.npz", "has 6 arrays, and the model 7"),
        (lambda state: [*arrays(state)[1:], np.array(["a"])], "a.npz", r"has arr_6 of <U1: save numbers"),
        (lambda state: arrays(state)[::-1], "a.npz", r"has 0.weight \(\), and the model"),
        (lambda state: [*arrays(state)[1:], np.array([None])], "a.npz", "Python objects"),
    ],
)
def test_the_state_of_another_model_is_one_line(tmp_path, state, save, name, message):
    held = save(dict(state))
    if name.endswith(".npz"):
        np.savez(tmp_path / name, *held)
    else:
        torch.save(held, tmp_path / name)
    with pytest.raises(InputError, match=message) as caught:
        load_state(tmp_path / name, state)
    assert "\n" not in str(caught.value)
    assert str(tmp_path / name) in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"PK", bytes(100)])
def test_a_damaged_archive_is_one_line(tmp_path, state, content):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(InputError, match="file that can be read"):
        load_state(tmp_path / "a.npz", state)


@pytest.mark.parametrize("name", [name for name in SAVED if name not in {"flower.npz", "averaged.npz"}])
def test_a_state_is_read_under_the_names_of_its_file(tmp_path, state, name):
    SAVED[name](state, tmp_path / name)
    found = read_state(tmp_path / name)
    for key, tensor in found.items():
        (inner,) = (each for each in state if key.replace("_orig_mod.", "").endswith(each))
        assert torch.equal(tensor, state[inner])
    assert len(found) == len(state)


def test_arrays_keep_their_numbers_dtypes_and_shapes(tmp_path):
    given = [np.array(0.1), np.ones((2, 0), np.float16), np.array([1, 2], ">i4"), np.array(True)]
    np.savez(tmp_path / "a.npz", *given)
    found = read_state(tmp_path / "a.npz")
    assert list(found) == ["arr_0", "arr_1", "arr_2", "arr_3"]
    for tensor, array in zip(found.values(), given, strict=True):
        assert tensor.numpy().dtype == array.dtype.newbyteorder("=")
        assert np.array_equal(tensor.numpy(), array)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [({}, "holds no arrays"), ({"a": np.array(["b"])}, "has a of <U1: save numbers that PyTorch has")],
)
def test_arrays_that_are_no_state_are_one_line(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(InputError, match=message):
        read_state(tmp_path / "a.npz")
