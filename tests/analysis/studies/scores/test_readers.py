import json
import pickle

import numpy as np
import pandas as pd
import pytest

from analysis.studies.scores.readers import read_columns
from fedsz_privacy import InputError

MEMBER, SCORE = [True, False, True], [0.5, -1.0, 2.0]


def save(folder, name, **columns):
    path = folder / name
    frame = pd.DataFrame(columns)
    frame.to_csv(path, index=False) if name.endswith("csv") else frame.to_parquet(path, index=False)
    return path


@pytest.mark.parametrize("name", ["scores.csv", "scores.parquet"])
def test_a_table_gives_its_columns(tmp_path, name):
    keys = {"run": [0, 0, 1], "record": ["a", "b", "a"], "release": ["none"] * 3}
    columns = read_columns(save(tmp_path, name, member=MEMBER, loss=SCORE, lira=SCORE, **keys))
    assert columns.member.tolist() == MEMBER
    assert {signal: scores.tolist() for signal, scores in columns.signals.items()} == {"loss": SCORE, "lira": SCORE}
    assert {key: values.tolist() for key, values in columns.keys.items()} == keys


def test_arrays_give_theirs_and_two_axes_are_runs_and_records(tmp_path):
    np.savez(tmp_path / "flat.npz", member=np.array(MEMBER), loss=np.array(SCORE), record=np.array(["a", "b", "c"]))
    flat = read_columns(tmp_path / "flat.npz")
    assert (flat.signals["loss"].tolist(), flat.keys["record"].tolist()) == (SCORE, ["a", "b", "c"])
    np.savez(tmp_path / "grid.npz", member=np.array([MEMBER, MEMBER]), loss=np.array([SCORE, SCORE]))
    grid = read_columns(tmp_path / "grid.npz")
    assert grid.keys["run"].tolist() == [0, 0, 0, 1, 1, 1]
    assert grid.keys["record"].tolist() == [0, 1, 2, 0, 1, 2]


def test_privacy_guards_users_are_told_apart_by_their_table(tmp_path):
    train, test = (pd.DataFrame({"user_id": [0, 1], "score": scores}) for scores in ([2.0, 1.0], [0.0, 1.5]))
    both = pd.concat([train.assign(member=True), test.assign(member=False, extra=1.0)])
    both.to_csv(tmp_path / "guard.csv", index=False)
    columns = read_columns(tmp_path / "guard.csv")
    assert columns.layout == "PrivacyGuard"
    assert {signal: scores.tolist() for signal, scores in columns.signals.items()} == {"score": [2.0, 1.0, 0.0, 1.5]}
    assert len(set(columns.keys["record"])) == 4


def test_privacy_meters_archive_gives_scores_and_memberships_alone(tmp_path):
    path = tmp_path / "attack_result_0.npz"
    rates = {"fpr": np.zeros(2), "tpr": np.zeros(2), "auc": 0.5, "one_tenth_fpr": 0.0, "zero_fpr": 0.0}
    np.savez(path, scores=np.array(SCORE), memberships=np.array([1, 0, 1]), **rates)
    columns = read_columns(path)
    assert (columns.layout, list(columns.signals), columns.member.tolist()) == ("Privacy Meter", ["scores"], [1, 0, 1])


def test_leakpros_result_gives_one_attack(tmp_path):
    kept = {"result_name": "rmia", "true_labels": [1, 0], "signal_values": [0.3, float("-inf")], "tp": [1]}
    (tmp_path / "rmia.json").write_text(json.dumps(kept))
    columns = read_columns(tmp_path / "rmia.json")
    assert (columns.layout, columns.member.tolist()) == ("LeakPro", [1, 0])
    assert columns.signals["rmia"].tolist() == [0.3, -np.inf]


def test_jax_privacys_two_arguments_are_members_and_non_members(tmp_path):
    np.savez(tmp_path / "jax.npz", in_canary_scores=np.array([2.0, 3.0]), out_canary_scores=np.array([1.0]))
    columns = read_columns(tmp_path / "jax.npz")
    assert columns.member.tolist() == [True, True, False]
    assert columns.signals["score"].tolist() == [2.0, 3.0, 1.0]


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("it was unpickled",))


@pytest.mark.parametrize("name", ["scores.pkl", "scores.npy", "scores.pt", "scores.npz"])
def test_nothing_is_unpickled(tmp_path, name):
    path = tmp_path / name
    if name.endswith("npz"):
        np.savez(path, member=np.array(MEMBER), score=np.array([Bomb()] * 3, dtype=object))
    else:
        path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(InputError, match=r"numpy\.savez|holds Python objects"):
        read_columns(path)


def test_what_is_no_file_of_scores_is_one_line(tmp_path):
    def written(name, text):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    np.savez(tmp_path / "other.npz", weights=np.zeros(3))
    np.savez(tmp_path / "short.npz", member=np.array(MEMBER), score=np.zeros(2))
    np.savez(tmp_path / "text.npz", member=np.array(MEMBER), score=np.array(["a", "b", "c"]))
    np.savez(tmp_path / "axes.npz", member=np.ones((2, 2), bool), score=np.ones((2, 2)), run=np.ones((2, 2), int))
    cases = {
        tmp_path / "missing.csv": "no file at",
        tmp_path: "is of no kind that is read",
        written("scores.txt", "1"): r"is of no kind that is read: give \.csv, \.parquet, \.npz, \.json",
        written("plain.csv", "score\n1\n"): "has no column 'member': add one",
        written("empty.csv", ""): "is no table that can be read",
        written("broken.npz", "PK"): "is no .npz file that can be read",
        tmp_path / "other.npz": "has no array 'member' but weights",
        tmp_path / "short.npz": r"score of .* is of shape \(2,\) and member of \(3,\)",
        tmp_path / "text.npz": "score of .* is of type <U1: save numbers",
        tmp_path / "axes.npz": r"has run beside arrays \(runs, records\)",
        written("broken.json", "{"): "is no JSON that can be read",
        written("deep.json", "[" * 100_000): "is no JSON that can be read",
        written("other.json", "[]"): "has no true_labels and signal_values",
        written("counts.json", '{"true_labels": [1], "signal_values": null}'): "holds counts of errors and no scores",
        written("words.json", '{"true_labels": [1], "signal_values": ["a"]}'): "signal_values of .* are no numbers",
        written("who.csv", "member,score\n1,1\n,2\n"): "column 'member' of .* lacks 1 values",
        written("gap.csv", "member,run,score\n1,0,1\n0,,2\n"): "column 'run' of .* lacks 1 values",
    }
    for path, message in cases.items():
        with pytest.raises(InputError, match=message) as caught:
            read_columns(path)
        assert "\n" not in str(caught.value)
