import numpy as np
import pytest

from attacks.game.trial import concatenate, load_trials, save_trials, to_arrays


def test_what_is_saved_is_loaded(trials, tmp_path):
    save_trials(trials.part(2), tmp_path / "trial")
    loaded = to_arrays(load_trials(tmp_path / "trial"))
    for name, array in to_arrays(trials).items():
        assert np.array_equal(loaded[name], array[2:3])
        assert loaded[name].dtype == array.dtype


def test_parts_join_to_the_whole(trials):
    joined = to_arrays(concatenate([trials.part(row) for row in range(len(trials.membership))]))
    assert all(np.array_equal(joined[name], array) for name, array in to_arrays(trials).items())


@pytest.mark.parametrize("damage", [b"", b"\x08\0\0\0\0\0\0\0{}      ", b"nonsense" * 9])
def test_a_damaged_file_counts_as_not_there(tmp_path, damage):
    (tmp_path / "trial").write_bytes(damage)
    assert load_trials(tmp_path / "trial") is None
    assert load_trials(tmp_path / "missing") is None
