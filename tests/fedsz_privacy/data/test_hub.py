import numpy as np
import pytest
import torch

from fedsz_privacy import InputError
from fedsz_privacy.core.state import stack_of_one
from fedsz_privacy.data.loading import load_data
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.descent import Training


def test_a_folder_of_parquet_files_loads(tmp_path, rng):
    datasets = pytest.importorskip("datasets")
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=["cat", "dog"])})
    pixels = rng.integers(0, 256, (12, 6, 5, 3), dtype=np.uint8)
    for split, rows in (("train", range(8)), ("test", range(8, 12))):
        table = {"image": [pixels[row] for row in rows], "label": [row % 2 for row in rows]}
        datasets.Dataset.from_dict(table, features=features).to_parquet(tmp_path / f"{split}.parquet")
    split = load_data(str(tmp_path))
    assert split.train.shape == (3, 6, 5)
    assert split.train.task.outputs == 2
    assert sorted(split.test.inputs[0].sum(dim=(1, 2, 3)).tolist()) == pytest.approx(
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
    assert data.inputs[0].stride() == (81, 81, 9, 1)
    model = build_model("cnn", data, seed=0)
    batches = np.arange(8).reshape(1, 2, 4)
    trained = Training().train_many(model, Clients(stack_of_one(model.state_dict()), data, batches, [rng]))
    assert all(tensor.isfinite().all() for tensor in trained.values())


def test_a_folder_without_a_data_set_is_one_line(tmp_path):
    pytest.importorskip("datasets")
    with pytest.raises(InputError, match="cannot load data set") as caught:
        load_data(str(tmp_path))
    assert "\n" not in str(caught.value)


def test_a_folder_without_images_is_one_line(tmp_path):
    datasets = pytest.importorskip("datasets")
    for split in ("train", "test"):
        datasets.Dataset.from_dict({"size": [1, 2], "label": [0, 1]}).to_parquet(tmp_path / f"{split}.parquet")
    with pytest.raises(InputError, match=r"cannot load data set .* \(no column of type Image\)"):
        load_data(str(tmp_path))


def pictures(folder, sizes):
    """Save PNG files as folder/PART/CLASS/NUMBER.png, each of one shade."""
    image = pytest.importorskip("PIL.Image")
    for part in ("train", "test"):
        for number, size in enumerate(sizes):
            path = folder / part / ("cat", "dog")[number % 2] / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            image.fromarray(np.full((*size, 3), 10 * number, np.uint8)).save(path)
    return str(folder)


def test_a_folder_of_pictures_takes_its_classes_from_folders(tmp_path):
    pytest.importorskip("datasets")
    train = load_data(pictures(tmp_path / "pets", [(6, 5)] * 8)).train
    assert (train.shape, train.task.name, train.task.outputs) == ((3, 6, 5), "classification", 2)
    shades = (train.inputs[0][:, 0, 0, 0] * 25.5).round().long()
    assert sorted(shades.tolist()) == list(range(8))
    assert torch.equal(shades % 2, train.targets)


def test_pictures_of_several_sizes_are_one_line(tmp_path):
    pytest.importorskip("datasets")
    folder = pictures(tmp_path / "pets", [(6, 5), (6, 5), (7, 5), (6, 5)])
    with pytest.raises(InputError, match=r"has images of shapes \(6, 5, 3\) and \(7, 5, 3\): make them alike"):
        load_data(folder)


def test_few_records_of_a_folder_know_all_its_classes(tmp_path):
    pytest.importorskip("datasets")
    assert load_data(pictures(tmp_path / "pets", [(6, 5)] * 8), 1, 1).train.task.outputs == 2


def test_a_damaged_picture_is_one_line(tmp_path):
    pytest.importorskip("datasets")
    folder = pictures(tmp_path / "pets", [(6, 5)] * 4)
    (tmp_path / "pets" / "train" / "cat" / "0.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match="cannot load data set") as caught:
        load_data(folder)
    assert "\n" not in str(caught.value)
