import errno
import os
from pathlib import Path

import pytest

from fedsz_privacy import InputError
from fedsz_privacy.core.files import read_if_there, remove_temporaries, write_atomically


def test_a_file_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_of_its_own_is_made(tmp_path):
    write_atomically(tmp_path / "folder" / "file", b"new")
    assert (tmp_path / "folder" / "file").read_bytes() == b"new"


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "No space left on device): make room, and give the same command"),
        (errno.EDQUOT, "Disk quota exceeded): make room, and give the same command"),
        (errno.EROFS, "Read-only file system): choose a folder that you may write to"),
        (errno.EACCES, "Permission denied): choose a folder that you may write to"),
        (errno.EIO, "Input/output error): look at the disk, or choose another folder"),
    ],
)
def test_a_failed_write_is_one_line_and_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, number, remedy):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(InputError) as told:
        write_atomically(path, b"new")
    assert str(told.value).startswith(f"cannot write {path} ({remedy}")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_in_the_place_of_a_file_or_its_folder_is_one_line_and_stays(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(
        InputError, match=r"cannot write .*folder \(Is a directory\): move what is in its place elsewhere"
    ):
        write_atomically(tmp_path / "folder", b"new")
    with pytest.raises(
        InputError, match=r"cannot write .*file/name \((File exists|Not a directory)\): move what is in"
    ):
        write_atomically(tmp_path / "file" / "name", b"new")
    with pytest.raises(
        InputError, match=r"cannot read .*folder \(Is a directory\): move what is in its place elsewhere"
    ):
        read_if_there(tmp_path / "folder")
    assert (tmp_path / "file").read_bytes() == b"old"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "folder"]


def test_what_is_not_there_is_none(tmp_path):
    assert read_if_there(tmp_path / "nothing") is None
    write_atomically(tmp_path / "file", b"new")
    assert read_if_there(tmp_path / "file") == b"new"


def test_only_temporaries_are_removed(tmp_path, monkeypatch):
    with monkeypatch.context() as killed:
        killed.setattr(Path, "replace", lambda *_: None)
        killed.setattr(Path, "unlink", lambda *_, **__: None)
        for path in (tmp_path / "a", tmp_path / "folder" / "b"):
            write_atomically(path, b"new")
    mine = [tmp_path / ".mine.tmp", tmp_path / "notes.tmp", tmp_path / "folder" / ".hidden", tmp_path / "folder" / "c"]
    for path in mine:
        path.write_bytes(b"mine")
    assert len(list(tmp_path.rglob("*.tmp"))) == 4
    remove_temporaries(tmp_path)
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(mine)


@pytest.mark.parametrize("name", ["a" * 255, "\N{SNOWMAN}" * 85, "\N{GRINNING FACE}" * 63])
def test_a_name_may_be_as_long_as_the_disk_allows(tmp_path, name):
    write_atomically(tmp_path / name, b"new")
    assert [each.name for each in tmp_path.iterdir()] == [name]
