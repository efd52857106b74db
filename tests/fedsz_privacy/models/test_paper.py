import sys

import pytest
import torch

from fedsz_privacy import InputError
from fedsz_privacy.models.paper import PAPER_MODELS

MILLIONS = {"alexnet": 58.3, "mobilenetv2": 2.24, "resnet50": 23.5}


@pytest.mark.parametrize("name", PAPER_MODELS)
@pytest.mark.parametrize("shape", [(1, 64, 64), (3, 96, 96)])
def test_a_model_takes_images_of_any_size_from_64(name, shape):
    pytest.importorskip("pytorchcv")
    model = PAPER_MODELS[name](shape, 10)
    assert sum(p.numel() for p in model.parameters()) / 1e6 == pytest.approx(MILLIONS[name], rel=0.01)
    images = torch.zeros(2, *shape).to(memory_format=torch.channels_last)
    assert model(images).shape == (2, 10)


@pytest.mark.parametrize("name", ["mobilenetv2", "resnet50"])
def test_at_the_library_s_own_size_the_result_is_the_library_s(name):
    pytest.importorskip("pytorchcv")
    model = PAPER_MODELS[name]((3, 224, 224), 10).eval()
    images = torch.rand(1, 3, 224, 224)
    with torch.no_grad():
        adaptive = model(images)
        model.features.final_pool = torch.nn.AvgPool2d(7, stride=1)
        assert (model(images) - adaptive).abs().max() <= 1e-5 * adaptive.abs().max()


@pytest.mark.parametrize(("name", "side"), [("alexnet", 64), ("mobilenetv2", 32), ("resnet50", 32)])
def test_smaller_images_than_a_model_takes_are_refused_in_one_line(name, side):
    pytest.importorskip("pytorchcv")
    assert PAPER_MODELS[name]((3, side, side), 10)(torch.rand(2, 3, side, side)).shape == (2, 10)
    with pytest.raises(InputError, match=f"needs images of {side}x{side}, not 28x28: scale them"):
        PAPER_MODELS[name]((3, 28, 28), 10)


def test_a_missing_package_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pytorchcv.models.resnet", None)
    with pytest.raises(InputError, match="pip install --no-deps pytorchcv"):
        PAPER_MODELS["resnet50"]((3, 64, 64), 10)
