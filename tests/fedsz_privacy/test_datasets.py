import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from fedsz_privacy import InputError
from fedsz_privacy.datasets import load_data
from fedsz_privacy.models import build_model
from fedsz_privacy.state import stack_of_one
from fedsz_privacy.training import train


def test_digits_are_scikit_learns_in_another_order():
    split = load_data("digits")
    images = torch.cat([split.train.images, split.test.images])
    assert images.shape == (1797, 1, 8, 8)
    assert 0 == images.min() < images.max() == 1
    expected = np.sort(load_digits().data.sum(axis=1))
    assert np.sort(images.sum(dim=(1, 2, 3)).numpy() * 16) == pytest.approx(expected, abs=1e-3)
    assert len(split.test) == 359


def test_the_split_is_the_same_every_time():
    assert torch.equal(load_data("digits").test.labels, load_data("digits").test.labels)


def test_a_folder_of_parquet_files_loads(tmp_path, rng):
    datasets = pytest.importorskip("datasets")
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=["cat", "dog"])})
    pixels = rng.integers(0, 256, (12, 6, 5, 3), dtype=np.uint8)
    for split, rows in (("train", range(8)), ("test", range(8, 12))):
        table = {"image": [pixels[row] for row in rows], "label": [row % 2 for row in rows]}
        datasets.Dataset.from_dict(table, features=features).to_parquet(tmp_path / f"{split}.parquet")
    split = load_data(str(tmp_path))
    assert split.train.shape == (3, 6, 5)
    assert split.train.classes == 2
    assert sorted(split.test.images.sum(dim=(1, 2, 3)).tolist()) == pytest.approx(
        sorted((pixels[8:] / 255).sum(axis=(1, 2, 3))), rel=1e-5
    )


def test_grey_images_from_a_folder_train_in_bulk(tmp_path, rng):
    datasets = pytest.importorskip("datasets")
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=["cat", "dog"])})
    pixels = rng.integers(0, 256, (8, 9, 9), dtype=np.uint8)
    for split in ("train", "test"):
        table = {"image": list(pixels), "label": [row % 2 for row in range(8)]}
        datasets.Dataset.from_dict(table, features=features).to_parquet(tmp_path / f"{split}.parquet")
    data = load_data(str(tmp_path)).train
    assert data.images.stride() == (81, 81, 9, 1)
    model = build_model("cnn", data.shape, data.classes, seed=0)
    trained = train(model, stack_of_one(model.state_dict()), data, np.arange(8).reshape(2, 1, 4), learning_rate=0.1)
    assert all(tensor.isfinite().all() for tensor in trained.values())


@pytest.mark.parametrize("name", ["digit", "no-such-folder", "/no/such/folder"])
def test_an_unknown_name_says_what_would_be_right(name):
    with pytest.raises(InputError, match="write digits, the path of a folder, or owner/name on the hub"):
        load_data(name)


def test_a_folder_without_a_data_set_is_one_line(tmp_path):
    pytest.importorskip("datasets")
    with pytest.raises(InputError, match="cannot load data set") as caught:
        load_data(str(tmp_path))
    assert "\n" not in str(caught.value)
