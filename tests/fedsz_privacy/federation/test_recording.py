import json
import pickle
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
import torch
from torch import nn

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import add, subtract
from fedsz_privacy.federation import Recorder, open_recording
from fedsz_privacy.federation.manifest import Manifest
from fedsz_privacy.federation.recorder import RecordingWarning

NAMES = {"model": "mine:net", "data": "mine:pool"}


def nested(depth):
    """Return a list of a list, and so on."""
    inner = []
    for _ in range(depth):
        inner = [inner]
    return inner


def states(seed: int, count: int = 3) -> list[dict[str, torch.Tensor]]:
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    return [
        {name: torch.randn_like(tensor) if tensor.is_floating_point() else tensor + each for name, tensor in
         model.state_dict().items()}
        for each in range(count)
    ]  # fmt: skip


def recorded(folder: Path, rounds: int = 3) -> Path:
    recorder = Recorder(folder, **NAMES, members={"a": [3, 1], "b": np.array([True, False, True])})
    for number in range(rounds):
        before, *after = states(number)
        recorder.record(number, before, dict(zip("ab", after, strict=True)))
    return folder


def in_order(folder: Path) -> list[Path]:
    """Return the files of a recording in the order in which they were written."""
    rounds = sorted((folder / "rounds").iterdir())
    return [
        folder / "recording.json",
        *(each / name for each in rounds for name in ("before.safetensors", "0.safetensors", "1.safetensors",
                                                      "round.json")),
    ]  # fmt: skip


def test_what_is_recorded_is_read_back(tmp_path):
    found = open_recording(recorded(tmp_path / "kept"))
    assert (found.manifest.model, found.manifest.data, found.cut) == ("mine:net", "mine:pool", "")
    assert found.manifest.members == {"a": (1, 3), "b": (0, 2)}
    assert [each.number for each in found.rounds] == [0, 1, 2]
    assert found.clients == found.rounds[0].participants == ("a", "b")
    for number, each in enumerate(found.rounds):
        before, *after = states(number)
        assert all(torch.equal(each.before()[name], tensor) for name, tensor in before.items())
        for client, state in zip("ab", after, strict=True):
            update, expected = each.update(client), subtract(state, before)
            assert set(update) == set(expected)
            assert all(torch.equal(update[name], tensor) for name, tensor in expected.items())
            assert add(before, update)["1.num_batches_tracked"] == state["1.num_batches_tracked"]


def test_a_recording_cut_at_any_byte_is_read_up_to_its_last_whole_round(tmp_path):
    recorder = Recorder(tmp_path / "whole", **NAMES)
    for number in range(2):
        recorder.record(number, {"w": torch.zeros(1)}, {"a": {"w": torch.ones(1)}})
    files = [path for path in in_order(tmp_path / "whole") if path.exists()]
    kept = [(path.relative_to(tmp_path / "whole"), path.read_bytes()) for path in files]
    ends = [sum(len(data) for _, data in kept[: 1 + 3 * number]) for number in range(3)]
    part = tmp_path / "part"
    (part / "rounds" / "00000").mkdir(parents=True)
    (part / "rounds" / "00001").mkdir()
    start = 0
    for name, data in kept:
        for length in range(len(data)):
            (part / name).write_bytes(data[:length])
            if start + length < ends[0]:
                with pytest.raises(InputError, match="give the folder of a recording"):
                    open_recording(part)
            else:
                found = open_recording(part)
                whole = sum(start + length >= end for end in ends[1:])
                assert len(found.rounds) == whole
                assert "is not whole: it and all rounds after it are left out" in found.cut
        (part / name).write_bytes(data)
        start += len(data)
    assert len(open_recording(part).rounds) == 2
    assert not open_recording(part).cut


def test_a_change_of_any_byte_of_a_round_is_found(tmp_path):
    folder = recorded(tmp_path / "kept", rounds=1)
    for path in in_order(folder)[1:]:
        whole = path.read_bytes()
        for place in range(0, len(whole), 7):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            found = open_recording(folder)
            # A changed name of a client in round.json is another name, and no damage to a tensor.
            assert not found.rounds or path.name == "round.json"
        path.write_bytes(whole)
    assert len(open_recording(folder).rounds) == 1


def test_a_file_that_changes_after_opening_is_found_when_it_is_read(tmp_path):
    folder = recorded(tmp_path / "kept", rounds=1)
    found = open_recording(folder)
    (folder / "rounds/00000/1.safetensors").write_bytes(b"")
    with pytest.raises(InputError, match="is not what was recorded"):
        found.rounds[0].update("b")


def test_nothing_is_unpickled_and_no_file_elsewhere_is_read(tmp_path):
    folder = recorded(tmp_path / "kept", rounds=1)
    path = folder / "rounds/00000/round.json"
    parts = json.loads(path.read_text())
    elsewhere = tmp_path / "secret.safetensors"
    elsewhere.write_bytes(b"")
    for file in ("../../../secret.safetensors", str(elsewhere), "secret.pkl", "0.safetensors\n"):
        parts["updates"]["a"]["file"] = file
        path.write_text(json.dumps(parts))
        assert not open_recording(folder).rounds
    parts["updates"]["a"] = {"file": "5.safetensors", "bytes": 4, "sha256": "0" * 64}
    (folder / "rounds/00000/5.safetensors").write_bytes(pickle.dumps(1)[:4])
    path.write_text(json.dumps(parts))
    assert not open_recording(folder).rounds


def test_a_round_that_is_repeated_takes_those_after_it_away(tmp_path):
    folder = recorded(tmp_path / "kept")
    recorder = Recorder(folder, **NAMES, members={"a": [1, 3], "b": [0, 2]})
    assert [recorder.holds(number) for number in range(4)] == [True, True, True, False]
    before, after, _ = states(9)
    recorder.record(1, before, {"a": after})
    found = open_recording(folder)
    assert [each.number for each in found.rounds] == [0, 1]
    assert found.rounds[1].participants == ("a",)


def test_a_round_in_which_somebody_was_stopped_is_taken_away_by_the_next(tmp_path):
    folder = recorded(tmp_path / "kept", rounds=1)
    (folder / "rounds/00003").mkdir()
    (folder / "rounds/00003/before.safetensors").write_bytes(b"half")
    assert "00003 is not whole" in open_recording(folder).cut
    before, after, _ = states(9)
    Recorder(folder, **NAMES, members={"a": [1, 3], "b": [0, 2]}).record(5, before, {"a": after})
    assert [each.number for each in open_recording(folder).rounds] == [0, 5]


def test_a_folder_in_which_somebody_was_stopped_at_once_is_used(tmp_path):
    (tmp_path / f".recording.json.{'0' * 16}.tmp").write_bytes(b"half")
    Recorder(tmp_path, **NAMES)
    assert not open_recording(tmp_path).rounds


def test_tied_and_odd_tensors_are_kept(tmp_path):
    tied = torch.randn(4, 3)
    before = {"a": tied, "b": tied, "c": tied.T, "d": torch.tensor(3), "e": torch.ones(2).bfloat16(), "f": tied[0] > 0}
    recorder = Recorder(tmp_path / "kept", **NAMES)
    recorder.record(0, before, {"x": before})
    (found,) = open_recording(tmp_path / "kept").rounds
    assert all(torch.equal(found.before()[name], tensor) for name, tensor in before.items())
    assert not found.update("x")["c"].any()
    assert found.update("x")["d"] == 3


def test_a_disk_that_fails_leaves_no_part_of_a_round(tmp_path, monkeypatch):
    from fedsz_privacy.federation import recorder as module

    folder = recorded(tmp_path / "kept", rounds=1)
    whole = {path: path.read_bytes() for path in in_order(folder)}

    def fail(path: Path, data: bytes) -> None:
        if path.name == "1.safetensors":
            raise InputError("cannot write")
        path.write_bytes(data)

    monkeypatch.setattr(module, "write_atomically", fail)
    before, *after = states(1)
    with pytest.raises(InputError, match="cannot write"):
        Recorder(folder, **NAMES, members={"a": [1, 3], "b": [0, 2]}).record(
            1, before, dict(zip("ab", after, strict=True))
        )
    assert not (folder / "rounds/00001").exists()
    assert all(path.read_bytes() == data for path, data in whole.items())


@pytest.mark.parametrize(
    ("number", "clients", "message"),
    [
        (-1, {"a": {}}, "round -1: choose 0 or more"),
        (1.5, {"a": {}}, r"round 1\.5: choose a whole number"),
        (0, {}, "round 0 has no client"),
        (0, {"": {}}, "client '': name it"),
        (0, {"a\n": {}}, r"client 'a\\n': name it"),
        (0, {"a": {}}, "state of client a in round 0 is empty"),
        (0, {"a": {"w": torch.ones(2)}}, r"client a has w torch.float32 \(2,\) in round 0, and the state before it"),
        (0, {"a": {"w": torch.ones(3), "v": torch.ones(1)}}, "client a has v"),
        (0, {"a": {"w": torch.ones(3).to_sparse()}}, "w of the state of client a in round 0 is no dense tensor"),
        (0, {"a": {"w": [1.0]}}, "no dense tensor"),
    ],
)
def test_a_round_that_does_not_fit_is_one_line_and_not_kept(tmp_path, number, clients, message):
    recorder = Recorder(tmp_path / "kept", **NAMES)
    with pytest.raises(InputError, match=message):
        recorder.record(number, {"w": torch.zeros(3)}, clients)
    assert not open_recording(tmp_path / "kept").rounds


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"members": {"a": [2, -1]}}, "members of client a name record -1: give the places of records"),
        ({"members": {"a": [0.5]}}, "members of client a are float64"),
        ({"members": {"a": [[1], [1, 2]]}}, "members of client a are no array .*: give the places of records"),
        ({"members": {"a": torch.ones(2, requires_grad=True)}}, "members of client a are no array"),
        ({"members": {"": [1]}}, "client '': name it"),
        ({"members": {"a": [1]}, "coins": {"a": [[1]]}}, "coins of client a are int64"),
        ({"members": {"a": [1]}, "coins": {"b": [1]}}, "coins of client 'b' are given and no members of it"),
        ({"seed": -1}, "manifest is damaged .seed"),
        ({"arguments": {"depth": 2, "width": object()}}, "argument 'width' is <object .*: give a JSON value"),
        ({"arguments": {"width": float("nan")}}, "argument 'width' is nan: give a JSON value"),
        ({"arguments": {"width": (1, 2)}}, r"argument 'width' is \(1, 2\): give a JSON value"),
        ({"arguments": {3: 1}}, "argument 3 is 1: give a JSON value under a string"),
        ({"arguments": {"width": 10**5000}}, "argument 'width' is .*: give a JSON value"),
        ({"arguments": {"width": nested(100_000)}}, "argument 'width' is .*: give a JSON value"),
        ({"arguments": {"width": "\ud800"}}, "argument 'width' is .*: give a JSON value"),
        ({"arguments": {"width": np.arange(2)}}, r"argument 'width' is array\(\[0, 1\]\): give a JSON value"),
        ({"arguments": {"width": "w" * 5000 + "\ud800"}}, "argument 'width' is .{1,100}: give a JSON value"),
        (
            {"members": {"a": [True, False], "b": [True]}},
            "members of client a are bools for 2 records, and members of client b for 1: give",
        ),
        (
            {"members": {"a": [True]}, "coins": {"a": [True, False]}},
            "members of client a are bools for 1 records, and coins of client a for 2",
        ),
    ],
)
def test_what_cannot_be_kept_is_one_line_and_nothing_written(tmp_path, changes, message):
    with pytest.raises(InputError, match=message) as caught:
        Recorder(tmp_path / "kept", **NAMES | changes)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_an_update_that_is_not_finite_is_kept_and_told(tmp_path, bad):
    recorder = Recorder(tmp_path / "kept", **NAMES)
    before, broken = {"w": torch.zeros(3), "n": torch.tensor(1)}, {"w": torch.tensor([0, bad, 0]), "n": torch.tensor(2)}
    message = "^the update of b in round 3 is not finite: an audit leaves it out$"
    for record in (recorder.record, recorder.record_updates):
        with pytest.warns(RecordingWarning, match=message) as told:
            record(3, before, {"a": before, "b": broken})
        assert [each.filename for each in told] == [__file__]
        assert open_recording(tmp_path / "kept").rounds[0].participants == ("a", "b")


def test_a_client_that_members_lack_is_told_once(tmp_path):
    recorder = Recorder(tmp_path / "kept", **NAMES, members={"a": [0], "idle": []})
    state = {"w": torch.zeros(3)}
    sent = {"a": state, "eve": state, "idle": state}
    with pytest.warns(RecordingWarning, match="^members lack client eve, which no audit can attack: give") as told:
        recorder.record(0, state, sent)
    assert len(told) == 1
    for number in (1, 2):
        recorder.record(number, state, sent)
    assert len(open_recording(tmp_path / "kept").rounds) == 3


def test_without_members_no_client_is_told(tmp_path):
    state = {"w": torch.zeros(3)}
    Recorder(tmp_path / "kept", **NAMES).record(0, state, {"eve": state})
    assert open_recording(tmp_path / "kept").rounds[0].participants == ("eve",)


def test_a_model_is_no_state(tmp_path):
    recorder = Recorder(tmp_path / "kept", **NAMES)
    model = torch.nn.Linear(2, 2)
    for before, after in ((model, model.state_dict()), (model.state_dict(), model)):
        with pytest.raises(InputError, match=r"is of type Linear: record what model.state_dict\(\) gives"):
            recorder.record(0, before, {"a": after})


def test_a_recording_begun_with_bools_is_not_gone_on_with_by_bools_of_another_length(tmp_path):
    Recorder(tmp_path, **NAMES, members={"a": [True, False, True]})
    Recorder(tmp_path, **NAMES, members={"a": [0, 2]})
    with pytest.raises(InputError, match="holds another recording"):
        Recorder(tmp_path, **NAMES, members={"a": [True, False, True, False]})
    with pytest.raises(InputError, match=r"argument .width. is .*: give a JSON value"):
        Recorder(tmp_path, **NAMES, arguments={"width": np.arange(2)})


def test_another_recording_or_something_else_is_left_alone(tmp_path):
    recorded(tmp_path / "kept", rounds=1)
    with pytest.raises(InputError, match="holds another recording: choose another folder"):
        Recorder(tmp_path / "kept", **NAMES)
    (tmp_path / "other").mkdir()
    (tmp_path / "other/file").write_text("mine")
    for folder in (tmp_path / "other", tmp_path / "other/file"):
        with pytest.raises(InputError, match="holds something else than a recording"):
            Recorder(folder, **NAMES)
    assert (tmp_path / "other/file").read_text() == "mine"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda plain: plain | {"format": 2}, "is of format 2, and this version reads 1"),
        (lambda plain: plain | {"extra": 1}, "is damaged .extra"),
        (lambda plain: plain | {"members": {"a": [-1]}}, "is damaged .members"),
        (lambda plain: plain | {"members": {"a": ["1"]}}, "is damaged .members"),
        (lambda plain: plain | {"members": {"\x1b[31m": [1]}}, "is damaged .members.*name it by a string"),
        (lambda _: [], "is damaged"),
    ],
)
def test_a_manifest_that_says_something_else_is_one_line(tmp_path, change, message):
    folder = recorded(tmp_path / "kept", rounds=1)
    path = folder / "recording.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(InputError, match=message):
        open_recording(folder)


def test_a_manifest_too_large_or_nested_too_deep_is_refused(tmp_path):
    folder = recorded(tmp_path / "kept", rounds=1)
    path = folder / "recording.json"
    path.write_text("[" * 100_000)
    with pytest.raises(InputError, match="is damaged"):
        open_recording(folder)
    with path.open("wb") as file:
        file.truncate(10**10)
    with pytest.raises(InputError, match="has more than"):
        open_recording(folder)


def test_a_copy_elsewhere_reads_the_same(tmp_path):
    copytree(recorded(tmp_path / "kept"), tmp_path / "moved/copy")
    assert open_recording(tmp_path / "moved/copy").manifest == open_recording(tmp_path / "kept").manifest


def test_versions_do_not_make_another_recording():
    assert Manifest(**NAMES, versions={"torch": "1"}).is_like(Manifest(**NAMES))
    assert not Manifest(**NAMES, seed=1).is_like(Manifest(**NAMES))
