import pytest
import torch

from fedsz_privacy import InputError
from fedsz_privacy.core.device import find_device


def test_auto_is_a_gpu_only_where_there_is_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert find_device("auto") == torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert find_device("auto") == torch.device("cuda")


def test_a_device_that_is_not_there_is_one_line():
    assert find_device("cpu") == torch.device("cpu")
    for name in ("cuda:99", "abacus"):
        with pytest.raises(InputError, match=f"device '{name}' is not there: choose auto or cpu"):
            find_device(name)
