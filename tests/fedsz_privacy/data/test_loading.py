import contextlib
import io
import os
import tracemalloc
from zipfile import ZIP_BZIP2, ZIP_LZMA, ZipFile

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from fedsz_privacy import InputError
from fedsz_privacy.core.state import stack_of_one
from fedsz_privacy.data.loading import load_data
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.descent import train


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
    with pytest.raises(InputError, match=r"write digits, the path of a folder or an \.npz file, owner/name on"):
        load_data(name)


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


def archive(path, **changed):
    """Save twelve training and five test images, 6 x 5 and grey, whose every pixel is ten times its label."""
    arrays = {}
    for part, records in (("train", 12), ("test", 5)):
        arrays[f"y_{part}"] = np.arange(records) % 3
        arrays[f"x_{part}"] = np.broadcast_to(10 * arrays[f"y_{part}"][:, None, None], (records, 6, 5)).astype(np.uint8)
    arrays |= changed
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return str(path)


def test_grey_bytes_from_an_npz_file_come_with_their_labels_and_from_0_to_1(tmp_path):
    split = load_data(archive(tmp_path / "grey.npz"))
    assert (len(split.train), len(split.test)) == (12, 5)
    assert split.train.shape == split.test.shape == (1, 6, 5)
    assert split.train.classes == split.test.classes == 3
    assert torch.equal(split.train.images, (10 * split.train.labels / 255)[:, None, None, None].expand(12, 1, 6, 5))
    assert split.train.images.stride() == (30, 30, 5, 1)
    assert sorted(split.train.labels.tolist()) == sorted(list(range(3)) * 4)
    assert split.train.labels.tolist() != [0, 1, 2] * 4


def test_an_npz_file_loads_as_far_as_it_is_asked_and_the_same_every_time(tmp_path):
    path = archive(tmp_path / "grey.npz")
    some, all_of_it = load_data(path, 4, 2), load_data(path)
    assert (len(some.train), len(some.test)) == (4, 2)
    assert torch.equal(some.train.labels, all_of_it.train.labels[:4])


@pytest.mark.parametrize("dtype", ["<f2", "<f4", ">f4", "<f8"])
def test_floats_from_an_npz_file_are_kept(tmp_path, rng, dtype):
    colour = rng.normal(size=(12, 4, 7, 3)).astype(dtype)
    path = archive(tmp_path / "colour.npz", x_train=np.asfortranarray(colour), x_test=colour[:5])
    images = load_data(path).train.images
    assert images.dtype == torch.float32
    expected = sorted(colour.astype(np.float32)[..., 2].sum(axis=(1, 2)))
    assert sorted(images[:, 2].sum(dim=(1, 2)).tolist()) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("dtype", ["u1", "<i4", ">i8", "<u8"])
def test_labels_are_integers_of_any_width(tmp_path, dtype):
    labels = (np.arange(12) % 3).astype(dtype)
    assert load_data(archive(tmp_path / "a.npz", y_train=labels)).train.labels.dtype == torch.int64


BYTES = np.zeros((12, 6, 5), np.uint8)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"y_test": None}, "has no y_test: save all of x_train, y_train, x_test, y_test"),
        ({"x_train": BYTES[:11]}, "has 11 images in x_train and 12 labels in y_train: save as many of both"),
        ({"x_train": BYTES[:, 0]}, r"x_train of .* is uint8 \(12, 5\): save uint8 or float images"),
        ({"x_train": BYTES[:, :0]}, r"x_train of .* is uint8 \(12, 0, 5\): save uint8 or float images"),
        ({"x_train": BYTES.astype(int)}, r"x_train of .* is int64 \(12, 6, 5\): save uint8 or float images"),
        ({"x_train": BYTES.astype(object)}, "x_train of .* holds Python objects, which only pickle can read"),
        ({"x_train": BYTES + np.nan}, "images that are not finite: replace those values"),
        ({"x_train": BYTES + 1e300}, "images that are not finite: replace those values"),
        ({"x_train": BYTES[:, 1:]}, r"training images of \(1, 5, 5\) in 3 classes, but test images of \(1, 6, 5\)"),
        ({"y_train": np.arange(12) - 1}, "has labels from -1 to 10 on 17 images: number the classes from 0"),
        ({"y_train": np.full(12, 2**40)}, "has labels from 0 to 1099511627776 on 17 images: number the classes from 0"),
        ({"y_train": np.ones(12)}, r"y_train of .* is float64 \(12,\): save integer labels, \(records,\)"),
        ({"y_train": np.eye(12, dtype=int)}, r"y_train of .* is int64 \(12, 12\): save integer labels"),
        ({"y_train": np.array(["cat"] * 12)}, r"y_train of .* is <U3 \(12,\): save integer labels"),
    ],
)
def test_what_an_npz_file_lacks_is_one_line(tmp_path, changed, message):
    with pytest.raises(InputError, match=message) as caught:
        load_data(archive(tmp_path / "odd.npz", **changed))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_npz_file_is_one_line(tmp_path):
    with pytest.raises(InputError, match=r"no file at gone\.npz: give an \.npz file with x_train, y_train, x_test, y_"):
        load_data("gone.npz")
    (tmp_path / "text.npz").write_text("x_train\n")
    with pytest.raises(InputError, match=r"is no .npz file that can be read \(File is not a zip file\): save it again"):
        load_data(str(tmp_path / "text.npz"))


class Payload:
    """Makes a folder when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_no_code_in_an_npz_file_runs(tmp_path):
    path = archive(tmp_path / "pickled.npz", y_test=np.array([Payload(tmp_path / "ran")] * 5))
    with pytest.raises(InputError, match=r"y_test of .* holds Python objects"):
        load_data(path)
    assert not (tmp_path / "ran").exists()


def refused_within_a_megabyte(path, message):
    tracemalloc.start()
    with pytest.raises(InputError, match=message):
        load_data(str(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak < 2**20


def test_a_small_file_that_decodes_to_much_takes_no_memory(tmp_path):
    path = tmp_path / "bomb.npz"
    arrays = {name: np.zeros(12, int) for name in ("y_train", "y_test")}
    np.savez_compressed(path, x_train=np.zeros((12, 2048, 2048), np.uint8), x_test=BYTES, **arrays)
    assert path.stat().st_size < 2**16
    assert refused_within_a_megabyte(path, "bytes would decode to 503.*: save it uncompressed, by numpy.savez")


@pytest.mark.parametrize("shape", [(12, 2**20, 2**20), (12, 6, 6), (-12, -6, 5), (12, 6), (2**70, 6, 5)])
def test_a_header_that_claims_another_size_takes_no_memory(tmp_path, shape):
    path = tmp_path / "claim.npz"
    archive(path)
    with ZipFile(path) as original:
        entries = {name: original.read(name) for name in original.namelist()}
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": shape})
    with ZipFile(path, "w") as changed:
        for name, held in (entries | {"x_train.npy": header.getvalue() + bytes(360)}).items():
            changed.writestr(name, held)
    assert refused_within_a_megabyte(path, r"x_train of .* has 488 bytes where uint8 \(.*\) takes .*: save it again")


@pytest.mark.parametrize("kind", [ZIP_BZIP2, ZIP_LZMA])
def test_a_compression_that_numpy_does_not_write_is_refused(tmp_path, kind):
    path = tmp_path / "other.npz"
    archive(path)
    with ZipFile(path) as original:
        entries = {name: original.read(name) for name in original.namelist()}
    with ZipFile(path, "w", kind) as changed:
        for name, held in entries.items():
            changed.writestr(name, held)
    with pytest.raises(InputError, match=r"save it uncompressed, by numpy\.savez"):
        load_data(str(path))


@pytest.fixture(scope="module", params=[np.savez, np.savez_compressed])
def sound(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("npz") / "sound.npz"
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (6, 2, 3), dtype=np.uint8), np.array([0, 1, 2, 0, 1, 2])
    request.param(path, x_train=images, y_train=labels, x_test=images[:3], y_test=labels[:3])
    return path


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=400, derandomize=True, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), flipped=st.integers(1, 255))
def test_a_file_with_one_damaged_byte_loads_as_it_was_or_is_refused(sound, place, flipped):
    expected = load_data(str(sound)).train
    content = bytearray(sound.read_bytes())
    content[int(place * len(content))] ^= flipped
    damaged = sound.with_name("damaged.npz")
    damaged.write_bytes(content)
    with contextlib.suppress(InputError):
        found = load_data(str(damaged)).train
        assert torch.equal(found.images, expected.images)
        assert torch.equal(found.labels, expected.labels)


SOURCE = """
import torch
from fedsz_privacy.data.loading import Records, DataSplit

def part(records, dtype=torch.float32, classes=3, fill=0.5):
    images = torch.full((records, 6, 5, 1), fill, dtype=dtype).permute(0, 3, 1, 2)
    return Records(images, torch.arange(records) % 3, classes)

def good(): return DataSplit(part(12), part(5))
def a_set(): return part(12)
def with_arguments(train, test): return good()
def doubles(): return DataSplit(part(12, torch.float64), part(5))
def infinite(): return DataSplit(part(12, fill=float("inf")), part(5))
def few_classes(): return DataSplit(part(12, classes=2), part(5, classes=2))
def unlike(): return DataSplit(part(12), part(5, classes=4))
def empty(): return DataSplit(part(12), part(0))
def short(): return DataSplit(part(12), Records(part(5).images, part(4).labels, 3))
def failing(): return {}["no such key"]
NUMBER = 3
"""


@pytest.fixture
def own_data(tmp_path, monkeypatch):
    (tmp_path / "own_data.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("own_data")
def test_a_function_of_a_users_own_is_cut_to_what_is_asked():
    split = load_data("own_data:good", 4, 2)
    assert (len(split.train), len(split.test)) == (4, 2)
    assert split.train.labels.tolist() == [0, 1, 2, 0]
    assert split.train.images.stride() == (30, 30, 5, 1)
    assert len(load_data("own_data:good").train) == 12


@pytest.mark.usefixtures("own_data")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a_set", "own_data:a_set gives an object of type Records: make it a DataSplit"),
        ("NUMBER", "own_data:NUMBER is of type int: write the import path of a function"),
        ("with_arguments", "cannot be called without arguments .*'train'.*: give each a default"),
        ("doubles", r"images torch.float64 \(12, 1, 6, 5\) and labels torch.int64 \(12,\): make them torch.float32"),
        ("infinite", "data set 'own_data:infinite' has images that are not finite"),
        ("few_classes", "labels from 0 to 2: number its 2 classes from 0"),
        ("unlike", r"\(1, 6, 5\) in 3 classes, but test images of \(1, 6, 5\) in 4: make them alike"),
        ("empty", "has 0 images and 0 labels: give as many of both, and some"),
        ("short", "has 5 images and 4 labels: give as many of both, and some"),
        ("missing", "module 'own_data' has no 'missing'"),
    ],
)
def test_a_function_that_gives_no_data_set_is_one_line(name, message):
    with pytest.raises(InputError, match=message) as caught:
        load_data(f"own_data:{name}")
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("own_data")
def test_an_error_inside_a_users_function_keeps_its_traceback():
    with pytest.raises(KeyError, match="no such key"):
        load_data("own_data:failing")
