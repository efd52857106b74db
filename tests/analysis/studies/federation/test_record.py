"""What `federate --record` keeps is what its clients sent, and the run is the same without it."""

import copy
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from analysis.cli import app
from analysis.studies.federation import kept_rounds
from analysis.studies.federation.run import run_federation
from analysis.studies.federation.spec import FederationSpec
from fedsz_privacy import InputError
from fedsz_privacy.core.state import add, average
from fedsz_privacy.data.loading import load_data
from fedsz_privacy.federation import open_recording
from fedsz_privacy.federation.payload import Payload
from fedsz_privacy.models.catalogue import build_model

pytestmark = pytest.mark.slow

SPEC = FederationSpec(model="mlp", clients=3, records=90, test_records=50, rounds=3, epochs=1, seed=1)
OPTIONS = "--model mlp --clients 3 --records 90 --test-records 50 --rounds 3 --epochs 1 --seed 1"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recorded")
    report, _ = run_federation(SPEC, folder / "run", record=folder / "kept")
    return report, open_recording(folder / "kept")


def test_every_round_is_kept_with_who_held_what(recorded):
    _, found = recorded
    assert [each.number for each in found.rounds] == [0, 1, 2]
    assert found.clients == ("client-0", "client-1", "client-2")
    held = np.sort(np.concatenate([found.manifest.members[client] for client in found.clients]))
    assert np.array_equal(held, np.arange(90))
    assert (found.manifest.model, found.manifest.data, found.manifest.records) == ("mlp", "digits", 90)
    assert not found.manifest.coins


def test_the_rounds_follow_from_one_another(recorded):
    _, found = recorded
    initial = build_model("mlp", load_data("digits", 90, 50, 1).train, 1).state_dict()
    assert all(torch.equal(found.rounds[0].before()[name], tensor) for name, tensor in initial.items())
    for each, after in zip(found.rounds[:-1], found.rounds[1:], strict=True):
        expected = add(each.before(), average([each.update(client) for client in found.clients], [1 / 3] * 3))
        assert all(torch.equal(after.before()[name], tensor) for name, tensor in expected.items())


def test_an_update_is_what_training_on_the_clients_records_made(recorded):
    _, found = recorded
    split = load_data("digits", 90, 50, 1)
    records = split.train.select(np.array(found.manifest.members["client-1"]))
    model = build_model("mlp", split.train, 1)
    model.load_state_dict(dict(found.rounds[0].before()))
    trained = copy.deepcopy(model)
    trained.load_state_dict(add(found.rounds[0].before(), found.rounds[0].update("client-1")))
    with torch.no_grad():
        losses = [records.task.loss(each(*records.inputs), records.targets).mean() for each in (model, trained)]
    assert losses[1] < losses[0]


def test_a_run_is_the_same_without_a_recording(recorded, tmp_path):
    report, _ = recorded
    plain, _ = run_federation(SPEC, tmp_path / "run")
    assert [row.performance for row in plain.rounds["none"]] == [row.performance for row in report.rounds["none"]]


def whole(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_an_interrupted_run_goes_on_with_its_recording(recorded, tmp_path):
    def stop(*given):
        if stop.left == 0:
            raise KeyboardInterrupt
        stop.left -= 1
        return measure(*given)

    measure, stop.left = kept_rounds._measure, 1
    with mock.patch.object(kept_rounds, "_measure", stop), pytest.raises(KeyboardInterrupt):
        run_federation(SPEC, tmp_path / "run", record=tmp_path / "kept")
    assert len(open_recording(tmp_path / "kept").rounds) == 2
    run_federation(SPEC, tmp_path / "run", record=tmp_path / "kept")
    kept = recorded[1].rounds[0].folder.parents[1]
    assert whole(tmp_path / "kept") == whole(kept)


def test_a_run_that_began_without_a_recording_is_played_again_for_one(recorded, tmp_path):
    run_federation(SPEC, tmp_path / "run")
    run_federation(SPEC, tmp_path / "run", record=tmp_path / "kept")
    assert whole(tmp_path / "kept") == whole(recorded[1].rounds[0].folder.parents[1])


def test_a_finished_run_without_a_recording_is_one_line(tmp_path):
    def federate(*more: str):
        return CliRunner().invoke(app, ["federate", *OPTIONS.split(), "--out", str(tmp_path / "run"), *more])

    assert federate().exit_code == 0
    result = federate("--record", str(tmp_path / "kept"))
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert f"holds this run, finished, and {tmp_path / 'kept'} no record of it" in result.stderr
    assert not (tmp_path / "kept").exists()


def test_a_recording_in_the_folder_of_its_run_or_of_another_one_is_one_line_and_changes_nothing(tmp_path):
    """The one left a folder behind that no run could go on in, the other was told to hold recorded rounds."""
    command = ["federate", *OPTIONS.split(), "--out", str(tmp_path / "one"), "--record"]
    result = CliRunner().invoke(app, [*command, str(tmp_path / "one")])
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert f"--record and --out both name {tmp_path / 'one'}: choose another --record" in result.stderr
    assert not any(tmp_path.iterdir())
    run_federation(SPEC, tmp_path / "run")
    result = CliRunner().invoke(app, [*command, str(tmp_path / "run")])
    assert result.exit_code == 2
    assert "holds something else than a recording: choose another folder" in result.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["run"]


def test_a_folder_that_holds_something_else_is_one_line_and_nothing_written(tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/mine").touch()
    command = ["federate", *OPTIONS.split(), "--out", str(tmp_path / "run"), "--record", str(tmp_path / "kept")]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 2
    assert "holds something else than a recording: choose another folder" in result.stderr
    assert not (tmp_path / "run").exists()


def test_a_recording_holds_updates_where_clients_sent_states(recorded, tmp_path):
    run_federation(replace(SPEC, payload=Payload.STATE), tmp_path / "run", record=tmp_path / "kept")
    found = open_recording(tmp_path / "kept")
    for each, other in zip(found.rounds, recorded[1].rounds, strict=True):
        for client in found.clients:
            kept, expected = each.update(client), other.update(client)
            assert all(torch.allclose(kept[name], tensor, atol=1e-5) for name, tensor in expected.items())


def test_a_recording_of_another_federation_is_kept(tmp_path):
    """Other rounds would take the place of its rounds, and their number of the rest: nothing of it is touched."""
    spec = replace(SPEC, rounds=2)
    run_federation(spec, tmp_path / "run", record=tmp_path / "kept")
    before = whole(tmp_path / "kept")
    for other in (replace(spec, rounds=1), replace(spec, learning_rate=0.01)):
        with pytest.raises(InputError, match="kept holds recorded rounds of another federation: choose another --rec"):
            run_federation(other, tmp_path / "other", record=tmp_path / "kept")
    assert whole(tmp_path / "kept") == before
    assert not (tmp_path / "other").exists()
    (tmp_path / "kept" / "federation.json").write_text("{")
    with pytest.raises(InputError, match="kept holds recorded rounds of another federation: choose another --rec"):
        run_federation(spec, tmp_path / "run", record=tmp_path / "kept")
