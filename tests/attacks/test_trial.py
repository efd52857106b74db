import numpy as np
import pytest

from attacks.trial import FIELDS, concatenate, load_trials, save_trials


def test_what_is_saved_is_loaded(trials, tmp_path):
    save_trials(trials.part(2), tmp_path / "trial")
    loaded = load_trials(tmp_path / "trial")
    for name in FIELDS:
        assert np.array_equal(getattr(loaded, name), getattr(trials, name)[2:3])
        assert getattr(loaded, name).dtype == getattr(trials, name).dtype


def test_parts_join_to_the_whole(trials):
    joined = concatenate([trials.part(row) for row in range(len(trials.membership))])
    assert all(np.array_equal(getattr(joined, name), getattr(trials, name)) for name in FIELDS)


@pytest.mark.parametrize("damage", [b"", b"\x08\0\0\0\0\0\0\0{}      ", b"nonsense" * 9])
def test_a_damaged_file_counts_as_not_there(tmp_path, damage):
    (tmp_path / "trial").write_bytes(damage)
    assert load_trials(tmp_path / "trial") is None
    assert load_trials(tmp_path / "missing") is None
