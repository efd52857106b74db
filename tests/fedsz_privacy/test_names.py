"""Names that are checked without loading what they name are those of what is there."""

import pytest

from fedsz_privacy import InputError
from fedsz_privacy.data.embedded import EMBEDDED
from fedsz_privacy.data.loading import FILES as READERS
from fedsz_privacy.data.names import DATA_NAMES, FILES, TABLES, TASK_NAMES, require_data
from fedsz_privacy.data.targets import TASKS
from fedsz_privacy.models.catalogue import MODELS
from fedsz_privacy.models.names import MODEL_NAMES


def test_names_are_those_of_what_is_there():
    assert tuple(MODELS) == MODEL_NAMES
    assert tuple(EMBEDDED) == DATA_NAMES
    assert tuple(TASKS) == TASK_NAMES
    assert {*FILES} == {*READERS, *TABLES}


def test_a_folder_is_one_whatever_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("nowhere:images", ".:odd"):
        (tmp_path / name).mkdir()
        require_data(name)
        require_data(str(tmp_path / name))
    with pytest.raises(InputError, match="no module 'nowhere' for 'nowhere:others'"):
        require_data("nowhere:others")
    with pytest.raises(InputError, match=r"'mine.py:load' names a file: write mine:load"):
        require_data("mine.py:load")
