"""Whole audits of recordings and of files: sources, reports, and what is refused."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from drawing import require_drawn_where_asked
from safetensors.torch import save_file
from tidy import require_tidy
from torch import nn
from typer.testing import CliRunner

from analysis.cli import app
from analysis.studies.federation.run import run_federation
from analysis.studies.federation.spec import FederationSpec
from analysis.studies.recorded.figures import by_client, by_round, leakage_against_ratio, roc_curves
from analysis.studies.recorded.report import make_page, write_recorded
from analysis.studies.recorded.results import leakage_rows, to_results
from analysis.studies.recorded.run import run_recorded
from analysis.studies.recorded.spec import RecordedSpec
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import add
from fedsz_privacy.data.loading import load_data
from fedsz_privacy.federation import Recorder, open_recording
from fedsz_privacy.federation.recorder import RecordingWarning

pytestmark = pytest.mark.usefixtures("mine", "undrawn")

MINE = """
from dataclasses import replace

import torch
from torch import nn

from attacks.signals import Signal
from attacks.signals.loss import LOSS
from fedsz_privacy.data import DataSplit, load_data
from fedsz_privacy.data.tasks import classification


def net(shape, outputs):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, outputs))


def any_size(shape, outputs):
    size = shape[1] * shape[2]
    return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4 * size, outputs))


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10))

    def forward(self, images):
        return self.layers(images)


def pool():
    return load_data("digits", 150, 50)


def one_test_record():
    split = pool()
    return DataSplit(split.train, split.test.part(0, 1))


def unmeasured(outputs, targets):
    return torch.full((len(targets),), torch.nan)


UNMEASURED = replace(classification(10), name="unmeasured", measure=unmeasured)


def halved(scores, membership):
    return scores / 2


SHADOWED = Signal("shadowed", LOSS.observe, halved)
ALONE = Signal("alone", LOSS.observe, halved, calibrates_alone=True)


def nothing(view):
    return view.losses * torch.nan


NOTHING = Signal("nothing", nothing, halved, calibrates_alone=True)
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    Path("mine.py").write_text(MINE)
    yield
    sys.modules.pop("mine", None)


def own_loop(model: nn.Module, members: dict[str, np.ndarray], recorder: Recorder, rounds: int = 2) -> None:
    """Train by a loop of somebody's own; the recorder is one line of it."""
    split, sent = load_data("digits", 150, 50), {}
    for number in range(rounds):
        before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        for client, held in members.items():
            model.load_state_dict(before)
            part, optimizer = split.train.select(held), torch.optim.SGD(model.train().parameters(), lr=0.1)
            for _ in range(20):
                optimizer.zero_grad()
                part.task.loss(model(*part.inputs), part.targets).mean().backward()
                optimizer.step()
            sent[client] = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        recorder.record(number, before, sent)


def record(folder: str, members: dict[str, np.ndarray], **more) -> None:
    import mine as module

    torch.manual_seed(0)
    recorder = Recorder(folder, model="mine:net", data="mine:pool", members=members, **more)
    own_loop(module.net((1, 8, 8), 10), members, recorder)


def two(size: int = 20) -> dict[str, np.ndarray]:
    return {"ann": np.arange(size), "bob": np.arange(size, 2 * size)}


def run(*words: object):
    return CliRunner().invoke(app, ["audit-updates", *map(str, words)])


def test_a_recording_of_a_loop_of_ones_own_ends_with_a_report():
    record("kept", two())
    result = run("kept", "--trust-imports", "--release", "fedsz:rel=1e-2", "--out", "run")
    assert result.exit_code == 0, result.output
    assert result.stdout.strip().splitlines()[-1] == "run/report.html"
    assert "No epsilon lower bound: nothing says that a fair coin decided" in result.stdout
    page = Path("run/report.html").read_text()
    words = re.sub("<[^>]*>", "", page)
    assert "fedsz-privacy audit-updates kept --trust-imports" in words
    assert "in evaluation mode: batch normalisation uses the running statistics that the client sent" in page
    found = json.loads(Path("run/results.json").read_text())
    assert [each["name"] for each in found["defences"]] == ["none", "fedsz:rel=1e-2"]
    assert {path.name for path in Path("run/figures").iterdir()} == {
        "roc.png", "leakage_against_ratio.png", "by_client.png", "by_round.png"
    }  # fmt: skip
    Path("mine.py").unlink()
    again = run("kept", "--release", "fedsz:rel=1e-2", "--out", "run")
    little, duration, table = result.stdout.split("\n", 2)
    assert little.startswith("fedsz:rel=1e-2: ")
    assert duration.startswith("the rounds of this recording take about ")
    assert (again.exit_code, again.stdout) == (0, table)
    assert "finished: nothing is computed again" in again.stderr


@pytest.mark.slow
def test_members_are_found_and_one_client_can_be_asked_for():
    record("kept", two())
    everybody, _ = run_recorded(RecordedSpec(recording=Path("kept")), Path("all"), trusted=True)
    one, _ = run_recorded(RecordedSpec(recording=Path("kept"), clients=("bob",)), Path("one"), trusted=True)
    assert everybody.leakage["none"]["cosine"].auc.low > 0.5
    for draw, panels in ((roc_curves, 2), (leakage_against_ratio, 2), (by_client, 1), (by_round, 1)):
        require_drawn_where_asked(draw, everybody, panels=panels)
    frame, results = require_tidy(everybody), to_results(everybody)
    for found, (_, row) in zip(results["defences"], frame.iterrows(), strict=True):
        assert row["measured_auc"] == found["leakage"][results["strongest_signal"]]["auc"]["value"]
        assert (row["ratio"], row["performance"]) == (found["ratio"], found["performance"])
        assert [row["performance_low"], row["performance_high"]] == found["performance_interval"]
    assert one.candidates.clients == ("bob",)
    assert one.by_client["bob"]["none"].auc.value > 0.5
    both = everybody.candidates.records.argsort()
    alone = one.candidates.records.argsort()
    # Another client's records among those that are judged do not change what is read off an update.
    assert np.allclose(everybody.scores["none"]["cosine"][both, 1], one.scores["none"]["cosine"][alone, 0], rtol=1e-4)
    assert np.allclose(
        everybody.scores["none"]["fedmia-loss"][both, 1], one.scores["none"]["fedmia-loss"][alone, 0], rtol=1e-4
    )


def test_members_that_are_drawn_at_random_are_not_found():
    """The recording names others than those that were trained on; each interval misses a half in 5% of cases."""
    torch.manual_seed(1)
    import mine as module

    drawn = np.random.default_rng(2).permutation(110)
    named = {"ann": drawn[:40], "bob": drawn[40:80]}
    recorder = Recorder("kept", model="mine:net", data="mine:pool", members=named)
    own_loop(module.net((1, 8, 8), 10), {"ann": np.arange(110, 130), "bob": np.arange(130, 150)}, recorder)
    report, _ = run_recorded(RecordedSpec(recording=Path("kept")), Path("run"), trusted=True)
    held = [leakage.auc.low <= 0.5 <= leakage.auc.high for leakage in report.measured["none"].values()]
    assert len(held) == 7
    assert all(held)


@pytest.mark.slow
def test_coins_prove_something_and_are_told_as_what_the_recording_says():
    coins = np.arange(120)
    members = {"ann": np.flatnonzero(np.random.default_rng(0).random(120) < 0.5), "bob": np.arange(120, 150)}
    record("kept", members, coins={"ann": coins})
    report, folder = run_recorded(RecordedSpec(recording=Path("kept")), Path("run"), trusted=True)
    assert set(report.bounds) == {"ann"}
    found = report.bounds["ann"]["none"]
    assert (found.guesses.candidates, found.guesses.guesses) == (120, 24)
    page = make_page(report)
    assert "The recording says that a fair coin of its own" in page.closing[1].note
    without = [line for line in page.closing[2].lines if line.startswith("No epsilon lower bound")]
    assert without == [
        "No epsilon lower bound of bob: nothing says that a fair coin decided which records a client holds."
    ]
    assert report.candidates.judged[:, 0].sum() == 120
    assert write_recorded(report, folder).is_file()
    assert to_results(report)["defences"][0]["epsilon_lower_bounds"]["ann"]["guesses"]["candidates"] == 120


@pytest.mark.slow
def test_an_epsilon_is_for_as_many_rounds_as_a_client_took_part_in():
    record("kept", two())
    spec = RecordedSpec(recording=Path("kept"), defences=("gaussian:eps=8,clip=1e-3+fedsz:abs=0.5sigma",), delta=1e-6)
    report, _ = run_recorded(spec, Path("run"), trusted=True)
    found = report.guarantees[spec.defences[1]]
    assert report.material.most_rounds == 2
    assert 7.8 < found.epsilon <= 8
    assert found.delta == 1e-6


SAVED = {
    "pt": lambda state, path: torch.save({"model_state_dict": state, "epoch": 3}, f"{path}.pt"),
    "safetensors": lambda state, path: save_file({f"module.{n}": t for n, t in state.items()}, f"{path}.safetensors"),
    "npz": lambda state, path: np.savez(f"{path}.npz", *[tensor.numpy() for tensor in state.values()]),
}


@pytest.mark.slow
@pytest.mark.parametrize("suffix", SAVED)
def test_files_give_what_a_recording_of_the_same_round_gives(suffix):
    record("kept", two())
    first, second = open_recording("kept").rounds
    before = first.before()
    from mine import net

    order = list(net((1, 8, 8), 10).state_dict())
    SAVED[suffix]({name: before[name] for name in order}, "before")
    for client in ("ann", "bob"):
        after = add(before, first.update(client))
        SAVED[suffix]({name: after[name] for name in order}, f"after_{client}")
    np.save("members_0.npy", np.arange(20))
    np.save("members_1.npy", np.isin(np.arange(150), np.arange(20, 40)))
    files = RecordedSpec(
        before=Path(f"before.{suffix}"), after=f"after_*.{suffix}", members="members_*.npy", data="mine:pool",
        model="mine:net",
    )  # fmt: skip
    of_files, _ = run_recorded(files, Path("files"))
    for name in (second.folder / "round.json", *second.folder.iterdir()):
        name.unlink(missing_ok=True)
    recorded, _ = run_recorded(RecordedSpec(recording=Path("kept")), Path("recorded"), trusted=True)
    assert of_files.candidates.clients == ("after_ann", "after_bob")
    assert np.array_equal(of_files.candidates.membership, recorded.candidates.membership)
    for release, by_signal in recorded.scores.items():
        for signal, scores in by_signal.items():
            # After minus before rounds again.
            assert np.allclose(of_files.scores[release][signal], scores, rtol=1e-2, atol=1e-3), (release, signal)


@pytest.mark.slow
def test_one_file_of_members_stands_for_all_files_of_states():
    record("kept", two())
    state = open_recording("kept").rounds[0].before()
    torch.save(dict(state), "before.pt")
    for client in ("ann", "bob"):
        torch.save(add(state, open_recording("kept").rounds[0].update(client)), f"after_{client}.pt")
    named = ["--before", "before.pt", "--after", "after_*.pt", "--data", "mine:pool", "--model", "mine:net"]
    np.save("members.npy", np.arange(30))
    result = run(*named, "--members", "members.npy", "--out", "same")
    assert result.exit_code == 0, result.output
    assert "left out are fedmia-loss, fedmia-cosine, which read the other clients' updates: all clients hold the" in (
        result.stdout
    )
    np.save("rows.npy", np.stack([np.arange(150) < 20, np.arange(150) >= 130]))
    assert run(*named, "--members", "rows.npy", "--out", "rows").exit_code == 0
    rows = json.loads(Path("rows/results.json").read_text())
    assert "fedmia-loss" in rows["defences"][0]["leakage"]


@pytest.mark.parametrize("mask", [np.arange(140) < 20, np.zeros((1, 151), bool)], ids=["short", "a row"])
def test_a_mask_that_is_not_of_the_training_records_is_one_line(mask):
    from mine import net

    torch.save(net((1, 8, 8), 10).state_dict(), "state.pt")
    np.save("mask.npy", mask)
    named = ["--before", "state.pt", "--after", "state.pt", "--data", "mine:pool", "--model", "mine:net"]
    result = run(*named, "--members", "mask.npy")
    assert result.exit_code == 2
    assert f"has bools for {mask.shape[-1]} records, and the data has 150 training records" in result.stderr


def test_a_recording_that_is_cut_is_audited_up_to_its_last_whole_round():
    record("kept", two())
    (Path("kept/rounds/00001/0.safetensors")).write_bytes(b"")
    report, _ = run_recorded(RecordedSpec(recording=Path("kept")), Path("run"), trusted=True)
    assert report.rounds == (0,)
    assert "rounds/00001 is not whole" in report.notices[0]
    assert {row["group"] for row in leakage_rows(report)} == {"all clients", "ann", "bob", "round 0"}


def test_a_broken_update_is_left_out_and_told():
    record("kept", two())
    recorder = Recorder("kept", model="mine:net", data="mine:pool", members=two())
    last = open_recording("kept").rounds[-1]
    sent = {client: dict(last.update(client)) for client in last.participants}
    sent["bob"]["1.weight"] = sent["bob"]["1.weight"] * float("nan")
    with pytest.warns(RecordingWarning) as told:
        recorder.record_updates(2, last.before(), sent | {"zoe": last.update("ann")})
    assert len(told) == 2
    report, _ = run_recorded(RecordedSpec(recording=Path("kept")), Path("run"), trusted=True)
    assert "the update of bob in round 2 is not finite, and left out" in report.notices
    assert "nothing says which records zoe holds: it counts as another client alone" in report.notices
    assert report.observations.took_part.tolist() == [[True, True], [True, True], [True, False]]
    with pytest.warns(RecordingWarning, match="the update of bob in round 2 is not finite"):
        recorder.record_updates(2, last.before(), sent)
    with pytest.raises(InputError, match="one update alone is finite in round 2, and fedmia-loss reads those of"):
        run_recorded(RecordedSpec(recording=Path("kept")), Path("alone"), trusted=True)
    assert not Path("alone").exists()


@pytest.mark.parametrize(
    ("others", "remedy"),
    [
        (("loss", "cosine"), "leave it out by --signal loss --signal cosine"),
        ((), "choose another --signal"),
    ],
)
def test_a_signal_that_reads_nothing_finite_is_named_with_the_words_that_leave_it_out(others, remedy):
    record("kept", two())
    spec = RecordedSpec(recording=Path("kept"), signals=("mine:NOTHING", *others))
    with pytest.raises(
        InputError, match=f"^signal mine:NOTHING reads numbers that are not finite of round 0: {remedy}$"
    ):
        run_recorded(spec, Path("run"), trusted=True)


def test_a_class_is_made_with_the_arguments_that_the_recording_names():
    from mine import Net

    torch.manual_seed(0)
    recorder = Recorder("kept", model="mine:Net", arguments={"width": 5}, data="mine:pool", members=two())
    own_loop(Net(width=5), two(), recorder, rounds=1)
    report, _ = run_recorded(RecordedSpec(recording=Path("kept"), signals=("loss",)), Path("run"), trusted=True)
    assert report.material.model.layers[1].out_features == 5


def test_a_federation_of_scaled_images_and_a_fixed_model_is_audited_as_it_was(tmp_path):
    spec = FederationSpec(
        model="mine:any_size",
        clients=3,
        records=90,
        test_records=50,
        rounds=1,
        epochs=1,
        side=6,
        fix_model=True,
        seed=3,
    )
    run_federation(spec, tmp_path / "federation", record=tmp_path / "kept")
    asked = RecordedSpec(recording=tmp_path / "kept", signals=("loss",))
    report, _ = run_recorded(asked, tmp_path / "run", trusted=True)
    assert report.material.split.train.shape == (1, 6, 6)
    assert any(isinstance(layer, nn.GroupNorm) for layer in report.material.model.modules())


def test_code_that_only_a_recording_names_is_not_run():
    record("kept", two())
    sys.modules.pop("mine")
    Path("mine.py").write_text("from pathlib import Path\nPath('ran').touch()\n" + MINE)
    result = run("kept", "--out", "run")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert (
        "kept names code to run, 'mine:net', 'mine:pool': give --trust-imports if you trust it, or type --model "
        "mine:net --data mine:pool" in result.stderr
    )
    half = run("kept", "--model", "mine:net", "--out", "run")
    assert "names code to run, 'mine:pool'" in half.stderr
    assert not Path("ran").exists()
    assert not Path("run").exists()
    typed = run("kept", "--model", "mine:net", "--data", "mine:pool", "--signal", "loss", "--out", "run")
    assert typed.exit_code == 0, typed.output
    assert "--trust-imports" not in Path("run/report.html").read_text()
    assert Path("ran").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": "digits ", "model": "mlp"}, "unknown data set 'digits '"),
        ({"data": "os:abort", "model": "mlp"}, "names code to run, 'os:abort'"),
        ({"task": "mine:TASK", "data": "digits", "model": "mlp"}, "names code to run, 'mine:TASK'"),
        ({"model": "mine:", "data": "digits"}, "names code to run, 'mine:'"),
        ({"model": "cnn", "data": "digits"}, "has no 0.bias, unlike the model"),
        ({"members": {}}, "nothing says which records a client holds"),
        ({"members": {"eve": [1, 2]}}, "no update of eve is recorded"),
        ({"coins": {"eve": [1, 2]}}, "coins of client 'eve' are given and no members of it"),
        ({"masked": 7}, "members were recorded as bools for 7 records, and the data has 150 training records: give"),
        ({"members": {"ann": [10**7]}}, "members of ann name record 10000000"),
    ],
)
def test_a_manifest_that_does_not_fit_is_one_line_and_nothing_written(change, message):
    record("kept", two())
    said = json.loads(Path("kept/recording.json").read_text())
    Path("kept/recording.json").write_text(json.dumps(said | change))
    trust = [] if "code" in message else ["--trust-imports"]
    result = run("kept", "--out", "run", *trust)
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert not Path("run").exists()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "neither a recording nor --before is given"),
        ({"before": Path("a"), "after": "b"}, "neither a recording nor --members is given"),
        ({"recording": Path("kept"), "after": "b"}, "--after beside a recording: leave it out, or leave out kept"),
        ({"recording": Path("kept"), "defences": ("dpsgd:eps=8",)}, "dpsgd:eps=8 is training"),
        ({"recording": Path("kept"), "signals": ("lira",)}, "signal lira needs shadow models"),
        ({"recording": Path("kept"), "candidates": 3}, "candidates 3: choose 20 or more"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(fields, message):
    record("kept", two())
    with pytest.raises(InputError, match=message):
        RecordedSpec(**fields)


def test_a_signal_of_ones_own_needs_no_shadows_if_it_says_that_it_calibrates_alone():
    record("kept", two())
    RecordedSpec(recording=Path("kept"), signals=("mine:ALONE",))
    with pytest.raises(InputError, match="signal mine:SHADOWED needs shadow models"):
        RecordedSpec(recording=Path("kept"), signals=("mine:SHADOWED",))


def test_one_test_record_is_refused_for_its_mean_has_no_interval():
    record("kept", two())
    result = run("kept", "--data", "mine:one_test_record", "--trust-imports")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1), result.output
    assert "mine:one_test_record has 1 test record, whose mean has no interval: give more" in result.stderr


def test_accuracy_that_is_not_finite_is_left_out_and_said():
    record("kept", two())
    spec = RecordedSpec(recording=Path("kept"), task="mine:UNMEASURED", signals=("loss",))
    report, _ = run_recorded(spec, Path("run"), trusted=True)
    assert "accuracy under none is not finite of every test record, and left out" in report.notices
    assert {row[-1] for row in make_page(report).closing[0].rows} == {"-"}
    assert to_results(report)["defences"][0]["performance_interval"] is None
