import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch

from fedsz_privacy import InputError
from fedsz_privacy.data.loading import load_data

Image = pytest.importorskip("PIL.Image")


def picture(shade, size=(6, 5)):
    return Image.fromarray(np.full(size, shade, np.uint8))


@pytest.fixture
def pets(tmp_path):
    """A folder of eight grey pictures in each part, each of ten times its number, cats even and dogs odd."""
    for part in ("train", "test"):
        for number in range(8):
            path = tmp_path / "pets" / part / ("cat", "dog")[number % 2] / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            picture(10 * number).save(path)
    return tmp_path / "pets"


def test_a_folder_of_pictures_takes_its_classes_from_folders(pets):
    split = load_data(str(pets))
    assert (split.train.shape, split.train.task.name, split.train.task.outputs) == ((1, 6, 5), "classification", 2)
    shades = (split.train.inputs[0][:, 0, 0, 0] * 25.5).round().long()
    assert sorted(shades.tolist()) == list(range(8))
    assert torch.equal(shades % 2, split.train.targets)
    assert split.notices == ()


def test_a_folder_is_read_as_datasets_reads_it(pets):
    """The same pictures in the same order, so that a seed means what it meant."""
    rows = pytest.importorskip("datasets").load_dataset(str(pets))["train"].shuffle(seed=3)
    ours = load_data(str(pets), seed=3).train
    theirs = torch.stack([torch.from_numpy(np.asarray(each, np.float32) / np.float32(255)) for each in rows["image"]])
    assert torch.equal(ours.inputs[0][:, 0], theirs)
    assert ours.targets.tolist() == list(rows["label"])


def test_few_records_of_a_folder_know_all_its_classes(pets):
    assert load_data(str(pets), 1, 1).train.task.outputs == 2


def test_a_folder_can_be_named_from_inside(pets, monkeypatch):
    monkeypatch.chdir(pets)
    assert torch.equal(load_data(".").train.inputs[0], load_data(str(pets)).train.inputs[0])


def test_files_of_other_kinds_are_left_out_and_named(pets):
    (pets / "train" / ".DS_Store").write_bytes(b"")
    (pets / "train" / "cat" / ".thumbnail.png").write_bytes(b"")
    assert load_data(str(pets)).notices == ()
    (pets / "train" / "cat" / "a.heic").write_bytes(b"")
    (pets / "train" / "dog" / "notes.txt").write_text("good dog")
    (notice,) = load_data(str(pets)).notices
    assert "train/cat/a.heic and 1 more: left out" in notice


def test_a_link_inside_the_folder_is_followed(pets):
    (pets / "train" / "cat" / "0.png").unlink()
    (pets / "train" / "cat" / "0.png").symlink_to(pets / "train" / "cat" / "4.png")
    shades = (load_data(str(pets)).train.inputs[0][:, 0, 0, 0] * 25.5).round().long()
    assert sorted(shades.tolist()) == [1, 2, 3, 4, 4, 5, 6, 7]


def link(place, to):
    """Return the change of a folder that puts a link in the place of what is there."""

    def change(pets):
        there = pets / place
        shutil.rmtree(there) if there.is_dir() else there.unlink()
        there.symlink_to(to)

    return change


def without(*places):
    return lambda pets: [shutil.rmtree(pets / place) for place in places]


def written(place, content):
    def change(pets):
        (pets / place).parent.mkdir(exist_ok=True)
        (pets / place).write_bytes(content)

    return change


def saved(place, image):
    def change(pets):
        (pets / place).parent.mkdir(exist_ok=True)
        image.save(pets / place)

    return change


def bits_as_bytes(pets):
    for number, path in enumerate(sorted(pets.rglob("*.png"))):
        picture(number % 2).save(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without("test"), r"has no folder 'test': give train/CLASS/\*\.png and test/CLASS/\*\.png, or train\.parquet"),
        (without("train/cat", "train/dog"), "has no training pictures: give some"),
        (without("train/cat", "test/cat"), "has training records of class 'dog' alone: give two classes or more"),
        (without("train/cat"), "has training records of class 'dog' alone"),
        (
            saved("test/zebra/1.png", picture(1)),
            "has test records of 'zebra', classes of no training record: take them",
        ),
        (saved("train/1.png", picture(1)), r"train/1\.png lies in no folder of a class: give train/CLASS"),
        (saved("train/cat/sub/1.png", picture(1)), "train/cat/sub is no file in the folder of a class: give"),
        (saved("train/cat/2.png", picture(1, (7, 5))), r"\.png has 5x6 pixels and .*cat/2\.png 5x7: scale all to one"),
        (
            written("train/cat/0.png", b"no picture"),
            r"train/cat/0\.png is no picture in any of BMP, .*: save it as PNG",
        ),
        (written("train/cat/0.png", b""), r"train/cat/0\.png is no picture in any of BMP"),
        (written("test/cat/0.png", b"\x89PNG\r\n\x1a\n"), r"test/cat/0\.png is no "),
        (written("train.parquet", b""), "has no parquet files for both train and test: give train/CLASS"),
        (bits_as_bytes, "has no pixel above 1 of 255: save bits as such, or numbers from 0 to 255"),
        (
            link("train/cat/0.png", "/etc/hostname"),
            r"0\.png is a link out of the folder, to /etc/hostname: copy the fold",
        ),
        (link("train/cat", "/etc"), "train/cat is a link out of the folder, to /etc: copy the folder by cp -rL"),
        (link("train", "/etc"), "train is a link out of the folder, to /etc"),
        (link("train/cat/0.png", "0.png"), r"cannot be read \(.*ymlink loop|Too many levels"),
        (link("train/cat/0.png", "gone.png"), r"train/cat/0\.png is no file in the folder of a class"),
    ],
)
def test_a_folder_that_is_no_data_set_is_one_line(pets, change, message):
    change(pets)
    with pytest.raises(InputError, match=message) as caught:
        load_data(str(pets), seed=1)
    assert "\n" not in str(caught.value)


def test_a_parquet_file_that_is_a_link_out_of_the_folder_is_one_line(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "secret.parquet").write_bytes(b"")
    (tmp_path / "set" / "train.parquet").symlink_to(tmp_path / "secret.parquet")
    with pytest.raises(InputError, match=r"train\.parquet is a link out of the folder, to .*secret\.parquet"):
        load_data(str(tmp_path / "set"))


@pytest.fixture
def nobody():
    """Run as a user who may not read everything."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("place", ["train/cat", "train/cat/0.png"])
def test_what_may_not_be_read_is_one_line(pets, place, request):
    for folder in pets.parents:
        if folder.is_relative_to(tempfile.gettempdir()) and folder != Path(tempfile.gettempdir()):
            folder.chmod(0o755)
    (pets / place).chmod(0)
    request.getfixturevalue("nobody")
    with pytest.raises(InputError, match=r"Permission denied") as caught:
        load_data(str(pets))
    assert "\n" not in str(caught.value)
