import io

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


def test_a_folder_without_images_is_one_line(tmp_path):
    datasets = pytest.importorskip("datasets")
    for split in ("train", "test"):
        datasets.Dataset.from_dict({"size": [1, 2], "label": [0, 1]}).to_parquet(tmp_path / f"{split}.parquet")
    with pytest.raises(InputError, match=r"cannot load data set .* \(no column of type Image among size, label\)"):
        load_data(str(tmp_path))


def png(pixels):
    held = io.BytesIO()
    pytest.importorskip("PIL.Image").fromarray(pixels).save(held, "PNG")
    return held.getvalue()


GOOD = [{"bytes": png(np.full((6, 5), 9 * row, np.uint8)), "path": None} for row in range(8)]
LABELS = [row % 2 for row in range(8)]


def save(folder, images=GOOD, labels=LABELS, kind=None, test_labels=None, described=True):
    """Save parquet files as a stranger might, whose rows hold what is asked for."""
    datasets, parquet = pytest.importorskip("datasets"), pytest.importorskip("pyarrow.parquet")
    kind = kind or datasets.ClassLabel(names=["cat", "dog"])
    features = datasets.Features({"image": datasets.Image(), "label": kind})
    for part, given in (("train", labels), ("test", test_labels or labels)):
        table = datasets.Dataset.from_dict({"image": images, "label": given}, features=features).data.table
        metadata = features.arrow_schema.metadata if described else {}
        parquet.write_table(table.replace_schema_metadata(metadata), folder / f"{part}.parquet")
    return str(folder)


def test_images_are_found_in_tables_that_datasets_did_not_write(tmp_path):
    datasets = pytest.importorskip("datasets")
    plain = load_data(save(tmp_path, kind=datasets.Value("int64"), described=False)).train
    whole = load_data(save(tmp_path)).train
    assert torch.equal(plain.inputs[0], whole.inputs[0])
    assert (plain.task, whole.task.outputs) == (whole.task, 2)


@pytest.mark.parametrize(
    ("labels", "kind", "classes"), [(["b", "a"] * 4, "string", "'a', 'b'"), ([2, 1] * 4, "int64", "1, 2")]
)
def test_labels_without_names_are_numbered_and_that_is_said(tmp_path, labels, kind, classes):
    datasets = pytest.importorskip("datasets")
    split = load_data(save(tmp_path, labels=labels, kind=datasets.Value(kind)))
    shades = (split.train.inputs[0][:, 0, 0, 0] * 255 / 9).round().long()
    assert torch.equal(split.train.targets, 1 - shades % 2)
    (notice,) = split.notices
    assert f"labels {classes} are classes 0 to 1, in this order" in notice


def row_four(**held):
    return [*GOOD[:4], {"bytes": None, "path": None} | held, *GOOD[5:]]


@pytest.mark.parametrize(
    ("saved", "message"),
    [
        ({"images": row_four(path="PICTURE")}, "row 4 of the train part of .* names '.*' in place of an image: save"),
        ({"images": row_four(path="https://localhost:1/x.png")}, "names 'https://localhost:1/x.png' in place of an im"),
        ({"images": row_four(path="zip://a.png::https://localhost:1/x.zip")}, "names 'zip://.*' in place of an image"),
        (
            {"images": [*GOOD[:4], None, *GOOD[5:]]},
            "row 4 of the train part of .* has no image: save the images themselves",
        ),
        ({"images": row_four(bytes=b"text")}, "row 4 of the train part of .* is no picture in any of BMP"),
        ({"images": row_four(bytes=GOOD[4]["bytes"][:45])}, "row 4 of the train part of .* is no whole picture"),
        ({"test_labels": [-1] * 8}, "has label -1 in 8 of 8 test records, as sets with hidden labels do: leave these"),
        ({"labels": [0, None, *LABELS[2:]]}, "row 1 of the train part of .* has no label: leave out what has none"),
        ({"labels": [0] * 8}, "has training records of class 'cat' alone: give two classes or more"),
        ({"labels": [0.5, 1.0] * 4, "kind": "float64"}, "has label 0.5 in training record 0, no class"),
        ({"labels": [1, 0] * 4, "test_labels": [2] * 8, "kind": "int64"}, "test records of 2, classes of no training"),
        ({"images": [], "labels": []}, r"cannot load data set .* \(.*\): check its name and its train and test splits"),
    ],
)
def test_rows_that_are_no_records_are_one_line(tmp_path, saved, message, monkeypatch):
    """Nothing that a row only names is opened: the picture is there, and would do."""
    datasets = pytest.importorskip("datasets")
    (tmp_path / "picture.png").write_bytes(GOOD[4]["bytes"])
    for image in saved.get("images", []):
        if image and image["path"] == "PICTURE":
            monkeypatch.setitem(image, "path", str(tmp_path / "picture.png"))
    kind = datasets.Value(saved["kind"]) if "kind" in saved else None
    with pytest.raises(InputError, match=message) as caught:
        load_data(save(tmp_path, **{**saved, "kind": kind}))
    assert "\n" not in str(caught.value)


def test_classes_that_are_called_otherwise_in_the_test_part_are_one_line(tmp_path):
    """Else a label would stand for a dog here and for a cat there."""
    datasets = pytest.importorskip("datasets")
    save(tmp_path)
    (tmp_path / "train.parquet").rename(tmp_path / "kept")
    folder = save(tmp_path, kind=datasets.ClassLabel(names=["dog", "cat"]))
    (tmp_path / "kept").rename(tmp_path / "train.parquet")
    with pytest.raises(InputError, match=r"classes \['cat', 'dog'\] to train on and \['dog', 'cat'\] to test on: make"):
        load_data(folder)


@pytest.mark.parametrize("damage", [lambda held: held[:-30], lambda held: held[:20] + b"\xff" * 40 + held[60:]])
def test_a_damaged_parquet_file_is_one_line(tmp_path, damage):
    folder = save(tmp_path)
    (tmp_path / "train.parquet").write_bytes(damage((tmp_path / "train.parquet").read_bytes()))
    with pytest.raises(InputError, match="cannot load data set") as caught:
        load_data(folder)
    assert "\n" not in str(caught.value)


def test_a_folder_is_read_for_what_lies_in_it_whatever_its_card_says(tmp_path):
    """The card of a set may name addresses, and other files as the parts."""
    expected = load_data(save(tmp_path)).train.inputs[0]
    (tmp_path / "README.md").write_text(
        "---\nconfigs:\n- config_name: default\n  data_files:\n"
        "  - split: train\n    path: https://localhost:1/train.parquet\n---\n"
    )
    assert torch.equal(load_data(str(tmp_path)).train.inputs[0], expected)


def test_a_set_on_the_hub_may_not_name_files_either(tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets")
    files = {part: str(tmp_path / f"{part}.parquet") for part in ("train", "test")}
    save(tmp_path, images=row_four(path="/etc/hostname"))
    loaded = datasets.load_dataset("parquet", data_files=files)
    monkeypatch.setattr(datasets, "load_dataset", lambda name: {"owner/name": loaded}[name])
    with pytest.raises(InputError, match="row 4 of the train part of data set 'owner/name' names '/etc/hostname' in"):
        load_data("owner/name")


def test_a_set_on_the_hub_of_picture_files_is_read(tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets")
    for part in ("train", "test"):
        for row, image in enumerate(GOOD):
            path = tmp_path / part / ("cat", "dog")[row % 2] / f"{row}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(image["bytes"])
    loaded = datasets.load_dataset(str(tmp_path))
    expected = load_data(str(tmp_path)).train
    monkeypatch.setattr(datasets, "load_dataset", lambda name: {"owner/name": loaded}[name])
    found = load_data("owner/name").train
    assert torch.equal(found.inputs[0], expected.inputs[0])
    assert torch.equal(found.targets, expected.targets)
