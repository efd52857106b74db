from dataclasses import replace

import numpy as np
import pytest
from joblib import Parallel
from safetensors.numpy import save

from analysis.reporting.workers import Workers
from attacks import SIGNALS, Game, get_adversary, play
from attacks.game.engine import RecordPlayer, play_trials
from attacks.game.trial import Trials, to_arrays
from attacks.game.trial_files import TrialFiles
from fedsz_privacy import InputError
from fedsz_privacy.defences.defence import Setting, parse_defence
from fedsz_privacy.training.descent import Training

PLAIN = Training(epochs=1, batch_size=10, learning_rate=0.2)
CHUNKS = [range(2), range(2, 4), range(4, 5)]


@pytest.fixture
def players(game, monkeypatch) -> RecordPlayer:
    """RecordPlayer of a quick game of plain training and DP-SGD, in `CHUNKS`."""
    monkeypatch.setattr(Game, "chunks", lambda *_: CHUNKS)
    defences = [parse_defence(text, Setting(PLAIN, PLAIN, 20)) for text in ("none", "fedsz:rel=1e-2", "dpsgd:eps=8")]
    return RecordPlayer(replace(game, training=PLAIN), defences, SIGNALS[:1], get_adversary("update"))


def played(players: RecordPlayer, path, workers: Workers, say=pytest.fail) -> list[Trials]:
    path.mkdir(exist_ok=True)
    with workers.pool() as pool:
        return list(play_trials(players, 5, TrialFiles(path / "trials", "run"), pool, workers.count, say))


def stamps(path) -> dict[str, int]:
    return {each.name: each.stat().st_mtime_ns for each in sorted((path / "trials").iterdir())}


def test_every_trial_is_the_games_own_defence_for_defence(players, tmp_path):
    trials = played(players, tmp_path, Workers())
    for rule, columns in ((PLAIN, [0, 1]), (players.defences[2].training, [2])):
        game, releases = replace(players.game, training=rule), [players.defences[column].release for column in columns]
        for chunk in CHUNKS:
            expected = play(game, chunk, releases, players.signals)
            for row, number in enumerate(chunk):
                assert (trials[number].membership == expected.membership[row]).all()
                np.testing.assert_allclose(trials[number].sizes[0, columns], expected.sizes[row], rtol=1e-3)
                for name, observed in expected.observed.items():
                    np.testing.assert_allclose(trials[number].observed[name][0, columns], observed[row], atol=1e-4)


@pytest.mark.slow
def test_workers_and_chunks_that_are_there_change_no_bit(players, tmp_path):
    alone = played(players, tmp_path / "alone", Workers())
    spread = played(players, tmp_path / "spread", Workers(2))
    for one, other in zip(alone, spread, strict=True):
        for name, array in to_arrays(one).items():
            assert array.tobytes() == to_arrays(other)[name].tobytes()
    for number in range(5):
        name = f"trials/{number:05d}.safetensors"
        assert (tmp_path / "alone" / name).read_bytes() == (tmp_path / "spread" / name).read_bytes()


@pytest.mark.parametrize("damage", ["missing", "half", "empty", "another trial", "another run", "without a checksum"])
def test_only_the_chunk_of_a_trial_that_cannot_be_used_is_played_again(players, tmp_path, damage):
    first = played(players, tmp_path, Workers())
    path, before = tmp_path / "trials" / "00002.safetensors", stamps(tmp_path)
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "another run":
        TrialFiles(tmp_path / "trials", "another").save(first[2], 2)
    else:
        other = (tmp_path / "trials" / "00003.safetensors").read_bytes()
        plain = save({name: np.ascontiguousarray(array) for name, array in to_arrays(first[2]).items()})
        half = content[: len(content) // 2]
        damaged = {"half": half, "empty": b"", "another trial": other, "without a checksum": plain}
        path.write_bytes(damaged[damage])
    said: list[str] = []
    again = played(players, tmp_path, Workers(), said.append)
    assert path.read_bytes() == content
    for trial, one in zip(again, first, strict=True):
        assert all(np.array_equal(array, to_arrays(one)[name]) for name, array in to_arrays(trial).items())
    after = stamps(tmp_path)
    assert {name for name, stamp in before.items() if after[name] != stamp} == {
        "00002.safetensors",
        "00003.safetensors",
    }
    reason = {"missing": None, "another trial": "is of another number", "another run": "is of another run"}
    why = reason.get(damage, "is damaged")
    assert said == ([f"{path} {why}: trial 2 is played again"] if why else [])


def test_trials_are_kept_before_the_next_are_played(players, tmp_path):
    trials = play_trials(players, 5, TrialFiles(tmp_path / "trials", "run"), Parallel(), 1, pytest.fail)
    for done in (2, 2, 4, 4, 5):
        next(trials)
        assert len(stamps(tmp_path)) == done


def test_workers_that_do_not_reach_the_folder_are_found_out(players, tmp_path, monkeypatch):
    monkeypatch.setattr("attacks.game.engine._play_and_keep", lambda *_: None)
    with pytest.raises(
        InputError, match=f"trial 0 is not in {tmp_path}/trials: choose an --out that all workers reach"
    ):
        played(players, tmp_path, Workers())
