import numpy as np
import pytest
from safetensors.numpy import save

from attacks.game.trial import to_arrays
from attacks.game.trial_files import TrialFiles
from fedsz_privacy import InputError


@pytest.fixture
def files(tmp_path) -> TrialFiles:
    return TrialFiles(tmp_path / "trials", "a run")


def test_what_is_saved_is_loaded(trials, files):
    files.save(trials.part(2), 7)
    loaded = to_arrays(files.load(7, pytest.fail))
    for name, array in to_arrays(trials).items():
        assert np.array_equal(loaded[name], array[2:3])
        assert loaded[name].dtype == array.dtype


def test_a_missing_file_is_no_trial_and_nothing_is_said(files):
    assert files.load(0, pytest.fail) is None


def test_no_byte_can_change_unnoticed(trials, files):
    files.save(trials.part(0), 0)
    whole = files.path(0).read_bytes()
    header = 8 + int.from_bytes(whole[:8], "little")
    for place in (*range(0, header, 7), *range(header, len(whole), len(whole) // 97), len(whole) - 1):
        said: list[str] = []
        files.path(0).write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        assert files.load(0, said.append) is None
        assert said == [f"{files.path(0)} is damaged: trial 0 is played again"]


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (lambda files: TrialFiles(files.folder, "another run").path(0), "is of another run"),
        (lambda files: TrialFiles(files.folder.with_name("canary_trials"), "a run").path(0), "is of another kind"),
        (lambda files: files.path(1), "is of another number"),
    ],
    ids=["run", "kind", "number"],
)
def test_a_foreign_file_counts_as_not_there_and_is_told(trials, files, other, reason):
    path, said = other(files), []
    TrialFiles(path.parent, "another run" if reason.endswith("run") else "a run").save(trials.part(0), int(path.stem))
    files.folder.mkdir(exist_ok=True)
    path.replace(files.path(0))
    assert files.load(0, said.append) is None
    assert said == [f"{files.path(0)} {reason}: trial 0 is played again"]


def test_a_file_of_an_older_version_counts_as_not_there(trials, files):
    files.folder.mkdir()
    files.path(0).write_bytes(save({name: array.copy() for name, array in to_arrays(trials.part(0)).items()}))
    assert files.load(0, lambda _: None) is None


def test_a_folder_in_the_place_of_a_file_is_one_line_before_anything_is_played(files):
    files.path(0).mkdir(parents=True)
    with pytest.raises(
        InputError, match=r"cannot read .*00000.safetensors \(Is a directory\): move what is in its place"
    ):
        files.load(0, pytest.fail)
