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

from fedsz_privacy import InputError
from fedsz_privacy.data.loading import load_data


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
    assert split.train.task.outputs == split.test.task.outputs == 3
    assert torch.equal(split.train.inputs[0], (10 * split.train.targets / 255)[:, None, None, None].expand(12, 1, 6, 5))
    assert split.train.inputs[0].stride() == (30, 30, 5, 1)
    assert sorted(split.train.targets.tolist()) == sorted(list(range(3)) * 4)
    assert split.train.targets.tolist() != [0, 1, 2] * 4


def test_an_npz_file_loads_as_far_as_it_is_asked_and_the_same_every_time(tmp_path):
    path = archive(tmp_path / "grey.npz")
    some, all_of_it = load_data(path, 4, 2), load_data(path)
    assert (len(some.train), len(some.test)) == (4, 2)
    assert torch.equal(some.train.targets, all_of_it.train.targets[:4])


@pytest.mark.parametrize("dtype", ["<f2", "<f4", ">f4", "<f8"])
def test_floats_from_an_npz_file_are_kept(tmp_path, rng, dtype):
    colour = rng.normal(size=(12, 4, 7, 3)).astype(dtype)
    path = archive(tmp_path / "colour.npz", x_train=np.asfortranarray(colour), x_test=colour[:5])
    images = load_data(path).train.inputs[0]
    assert images.dtype == torch.float32
    expected = sorted(colour.astype(np.float32)[..., 2].sum(axis=(1, 2)))
    assert sorted(images[:, 2].sum(dim=(1, 2)).tolist()) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("dtype", ["u1", "<i4", ">i8", "<u8"])
def test_labels_are_integers_of_any_width(tmp_path, dtype):
    labels = (np.arange(12) % 3).astype(dtype)
    assert load_data(archive(tmp_path / "a.npz", y_train=labels)).train.targets.dtype == torch.int64


BYTES = np.zeros((12, 6, 5), np.uint8)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"y_test": None}, "has no y_test: save all of x_train, y_train, x_test, y_test"),
        ({"x_train": BYTES[:11]}, "has 11 inputs in x_train and 12 targets in y_train: save as many of both"),
        ({"x_train": BYTES[:, 0]}, r"x_train of .* is uint8 \(12, 5\): save bool, uint8 or float images"),
        ({"x_train": BYTES[:, :0]}, r"x_train of .* is uint8 \(12, 0, 5\): save bool, uint8 or float images"),
        ({"x_train": BYTES.astype(int)}, r"x_train of .* is int64 \(12, 6, 5\): save bool, uint8 or float images"),
        ({"x_train": BYTES.astype(object)}, "x_train of .* holds Python objects, which only pickle can read"),
        ({"x_train": BYTES + np.nan}, "x_train of .* has values that are not finite, first in record 0: replace them"),
        ({"x_train": BYTES + 1e300}, "inputs that are not finite: replace those values"),
        (
            {"x_train": BYTES[:, 1:]},
            r"records of \(1, 5, 5\) .* of 3 classes, but test records of \(1, 6, 5\)",
        ),
        ({"y_train": np.arange(12) - 1}, "has label -1 in 1 of 12 training records, as sets with hidden labels"),
        ({"y_train": np.full(12, 2**40)}, "has training records of class 1099511627776 alone: give two classes or"),
        (
            {"y_train": np.ones(12)},
            r"y_train of .* is float64 \(12,\): save labels that are integers or strings, \(records,\)",
        ),
        (
            {"y_train": np.eye(12, dtype=int)},
            r"y_train of .* is int64 \(12, 12\): save labels that are integers or strings",
        ),
        ({"y_train": np.array(["cat"] * 12)}, "has <U3 labels to train on and int64 to test on: make them alike"),
    ],
)
def test_what_an_npz_file_lacks_is_one_line(tmp_path, changed, message):
    with pytest.raises(InputError, match=message) as caught:
        load_data(archive(tmp_path / "odd.npz", **changed))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("channels", [1, 3])
def test_channels_before_the_height_are_found_and_that_is_said(tmp_path, rng, channels):
    images = rng.integers(0, 256, (12, 6, 5, channels), dtype=np.uint8)
    before = np.moveaxis(images, 3, 1)
    behind = load_data(archive(tmp_path / "behind.npz", x_train=images, x_test=images[:5]))
    turned = load_data(archive(tmp_path / "before.npz", x_train=before, x_test=images[:5]))
    assert turned.train.shape == turned.test.shape == (channels, 6, 5)
    assert torch.equal(turned.train.inputs[0], behind.train.inputs[0])
    assert turned.train.inputs[0].is_contiguous()
    assert behind.notices == ()
    (notice,) = turned.notices
    assert notice.endswith("before.npz: x_train read as (records, channels, height, width)")


@pytest.mark.parametrize("shape", [(12, 3, 5, 3), (12, 1, 5, 1), (12, 1, 5, 3), (12, 3, 3, 3), (12, 4, 6, 5)])
def test_channels_that_may_be_either_are_one_line(tmp_path, shape):
    with pytest.raises(
        InputError, match=r"x_train of .* is of shape \(12, .*, in which channels may be \d or \d: save"
    ):
        load_data(archive(tmp_path / "odd.npz", x_train=np.ones(shape, np.float32)))


def test_many_channels_stay_behind(tmp_path, rng):
    images = rng.normal(size=(12, 6, 5, 7))
    assert load_data(archive(tmp_path / "bands.npz", x_train=images, x_test=images[:5])).train.shape == (7, 6, 5)


def test_bits_are_0_and_1_and_bytes_of_bits_are_refused(tmp_path, rng):
    bits = rng.integers(0, 2, (12, 6, 5)).astype(bool)
    found = load_data(archive(tmp_path / "bits.npz", x_train=bits, x_test=bits[:5])).train.inputs[0]
    assert found.unique().tolist() == [0, 1]
    with pytest.raises(
        InputError, match=r"x_train of .* has no pixel above 1 of 255: save bits as such, or numbers from"
    ):
        load_data(archive(tmp_path / "bytes.npz", x_train=bits.astype(np.uint8)))


THREE = np.arange(12) % 3


@pytest.mark.parametrize(
    ("labels", "task", "notice"),
    [
        (THREE[:, None], "", ""),
        (THREE.astype(float), "classification", ""),
        (THREE + 1, "", "labels 1, 2, 3 are classes 0 to 2, in this order"),
        (THREE * 5, "", "labels 0, 5, 10 are classes 0 to 2, in this order"),
        (np.array(["cat", "dog", "emu"])[THREE], "", "labels 'cat', 'dog', 'emu' are classes 0 to 2"),
    ],
)
def test_labels_that_are_numbered_otherwise_are_the_same_classes(tmp_path, labels, task, notice):
    plain = load_data(archive(tmp_path / "plain.npz", y_test=THREE[:5])).train
    split = load_data(archive(tmp_path / "odd.npz", y_train=labels, y_test=labels[:5]), task=task)
    assert torch.equal(split.train.targets, plain.targets)
    assert split.train.task == plain.task
    assert notice in "".join(split.notices)
    assert len(split.notices) == bool(notice)


def test_bools_and_signs_tell_two_classes_apart(tmp_path):
    bools = THREE == 0
    found = [
        load_data(archive(tmp_path / "two.npz", y_train=labels, y_test=labels[:5]), task="binary").train
        for labels in (bools.astype(int), bools, np.where(bools, 1, -1))
    ]
    assert torch.equal(found[0].targets, found[1].targets)
    assert torch.equal(found[0].targets, found[2].targets)


@pytest.mark.parametrize(
    ("changed", "task", "message"),
    [
        ({"y_test": np.full(5, -1)}, "", "has label -1 in 5 of 5 test records, as sets with hidden labels do: leave"),
        ({"y_test": np.array([0, 1, 2, 0, 3])}, "", "has test records of 3, classes of no training record: take them"),
        ({"y_train": np.zeros(12, int)}, "", "has training records of class 0 alone: give two classes or more"),
        (
            {"y_train": THREE + 0.5},
            "classification",
            "has label 0.5 in training record 0, no class: give whole numbers",
        ),
        ({"y_train": np.where(THREE, THREE, np.nan)}, "binary", "has label nan in training record 0, no class"),
        (
            {"y_train": THREE.astype("S")},
            "",
            r"y_train of .* is \|S21 \(12,\): save labels that are integers or strings",
        ),
        (
            {"y_train": THREE.astype(str), "y_test": THREE[:5].astype(str)},
            "regression",
            r"y_train of .* is <U21 \(12,\)",
        ),
        ({"y_train": THREE + 0j}, "regression", r"y_train of .* is complex128 \(12,\): save"),
        ({"y_train": THREE.astype("datetime64[D]")}, "regression", r"y_train of .* is datetime64\[D\] \(12,\): save"),
        ({"x_train": BYTES.astype(np.uint16)}, "", r"x_train of .* is uint16 \(12, 6, 5\): save bool, uint8 or float"),
        ({"x_test": BYTES[:0], "y_test": THREE[:0]}, "", r"x_test of .* is uint8 \(0, 6, 5\): save"),
        (
            {"x_test": np.zeros((5, 6, 6), np.uint8)},
            "",
            r"training records of \(1, 6, 5\) .* of \(1, 6, 6\) .*: make them",
        ),
        (
            {"x_test": np.zeros((5, 6, 5, 3), np.uint8)},
            "",
            r"of \(1, 6, 5\) .* test records of \(3, 6, 5\) .*: make them alike",
        ),
        ({"x_train": np.array(3)}, "", r"x_train of .* is int64 \(\): save"),
    ],
)
def test_arrays_that_are_no_records_are_one_line(tmp_path, changed, task, message):
    with pytest.raises(InputError, match=message) as caught:
        load_data(archive(tmp_path / "odd.npz", **changed), task=task)
    assert "\n" not in str(caught.value)


def rows(records, columns=4):
    return np.random.default_rng(records).normal(size=(records, columns))


@pytest.mark.parametrize(
    ("targets", "task", "outputs"),
    [
        (lambda count: np.arange(count) % 2, "binary", 1),
        (lambda count: np.arange(count) % 4, "classification", 4),
        (lambda count: np.arange(count) / 3, "regression", 1),
        (lambda count: rows(count, 2), "regression", 2),
    ],
)
def test_rows_of_floats_are_kept_and_their_targets_name_the_task(tmp_path, targets, task, outputs):
    x, y = {}, {}
    for part, count in (("train", 12), ("test", 5)):
        x[part], y[part] = rows(count), targets(count)
    arrays = {f"x_{part}": each for part, each in x.items()} | {f"y_{part}": each for part, each in y.items()}
    split = load_data(archive(tmp_path / "rows.npz", **arrays))
    for part in ("train", "test"):
        found = getattr(split, part)
        assert (found.task.name, found.task.outputs, found.shape) == (task, outputs, (4,))
        together = np.column_stack([found.inputs[0].numpy(), found.targets.numpy()])
        expected = np.column_stack([x[part], y[part]]).astype(np.float32)
        assert together[np.lexsort(together.T)] == pytest.approx(expected[np.lexsort(expected.T)])


def sequences(path, dtype=np.int16, **changed):
    """Save sequences of which each token is one more than that before it."""
    arrays = {}
    for part, count in (("train", 12), ("test", 5)):
        tokens = (np.arange(count)[:, None] % 3 + np.arange(7)).astype(dtype)
        arrays |= {f"x_{part}": tokens[:, :-1], f"y_{part}": tokens[:, 1:]}
    return archive(path, **{**arrays, **changed})


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.uint32, np.int64])
def test_tokens_and_the_next_ones_come_together(tmp_path, dtype):
    split = load_data(sequences(tmp_path / "tokens.npz", dtype))
    assert (split.train.task.name, split.train.task.outputs, split.train.shape) == ("next token", 9, (6,))
    assert split.train.inputs[0].dtype == split.train.targets.dtype == torch.int64
    assert torch.equal(split.train.targets, split.train.inputs[0] + 1)


def test_a_target_token_may_be_ignored(tmp_path):
    padded = np.full((12, 6), -100)
    padded[:, 0] = 3
    split = load_data(sequences(tmp_path / "tokens.npz", np.int64, y_train=padded))
    assert split.train.targets.unique().tolist() == [-100, 3]


def test_tokens_can_have_classes(tmp_path):
    labels = {"y_train": np.arange(12) % 2, "y_test": np.arange(5) % 2}
    task = load_data(sequences(tmp_path / "tokens.npz", **labels)).train.task
    assert (task.name, task.outputs) == ("classification", 2)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"x_train": np.full((12, 6), -1)}, "has tokens from -1 to 7: number tokens from 0, below 1048576"),
        ({"x_train": np.full((12, 6), 2**40)}, "has tokens from 0 to 1099511627776: number tokens from 0, below"),
        ({"y_train": np.full((12, 6), -1)}, "has target tokens from -1 to 8: number tokens from 0, below 1048576"),
        (
            {"y_train": np.zeros((12, 5), int)},
            r"y_train of .* is int64 \(12, 5\): save .* as many as tokens",
        ),
        (
            {"x_train": rows(12, 6), "y_train": np.arange(12) % 2, "y_test": np.arange(5) % 2},
            r"in torch.float32 .* in torch.int64 .*: make them alike",
        ),
    ],
)
def test_what_tokens_cannot_be_is_one_line(tmp_path, changed, message):
    with pytest.raises(InputError, match=message) as caught:
        load_data(sequences(tmp_path / "odd.npz", **changed))
    assert "\n" not in str(caught.value)


def test_images_can_have_float_targets_if_that_is_asked_for(tmp_path):
    path = archive(tmp_path / "ages.npz", y_train=np.arange(12.0), y_test=np.arange(5.0))
    train = load_data(path, task="regression").train
    assert (train.task.name, train.shape, train.targets.dtype) == ("regression", (1, 6, 5), torch.float32)


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


@pytest.mark.slow
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
        assert torch.equal(found.inputs[0], expected.inputs[0])
        assert torch.equal(found.targets, expected.targets)
