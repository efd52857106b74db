import contextlib
import dataclasses
import json
import math
import shutil
from functools import partial

import pytest
from drawing import require_drawn_where_asked
from safetensors.torch import load, save
from statsmodels.stats.proportion import proportion_confint
from tidy import require_tidy

from analysis.methods.guarantee import note_of_claims
from analysis.studies.federation.figures import FIGURES
from analysis.studies.federation.found import RoundRow
from analysis.studies.federation.prepare import prepare
from analysis.studies.federation.report import to_results, write_federation
from analysis.studies.federation.run import run_federation
from analysis.studies.federation.spec import FederationSpec
from analysis.studies.federation.tables import guarantee_table, summary_table
from analysis.studies.questions import read_question
from fedsz_privacy import InputError
from fedsz_privacy.core.sealed import seal, unseal
from fedsz_privacy.defences.proof import Unit
from fedsz_privacy.federation.payload import Payload

SMALL = FederationSpec(model="mlp", defences=("fedsz:rel=1e-2",), clients=2, records=200, rounds=3, epochs=2, seed=1)


NUMBERS = """
import torch
from fedsz_privacy.data.records import DataSplit, Records
from fedsz_privacy.data.tasks import regression

def load():
    x = torch.randn(200, 5, generator=torch.Generator().manual_seed(0))
    everything = Records((x,), x.sum(dim=1), regression())
    return DataSplit(everything.part(0, 100), everything.part(100, 200))
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return run_federation(SMALL, tmp_path_factory.mktemp("runs") / "run")


def resealed(content: bytes, **changes: object) -> bytes:
    """Return a sealed file that says something else of itself."""
    said, tensors = unseal(load, content, {})
    return seal(partial(save, tensors), {name: said[name] for name in said if name != "sha256"} | changes)


def accuracies(report):
    return {defence: [row.performance for row in rows] for defence, rows in report.rounds.items()}


def test_releases_run_from_the_same_start_for_all_rounds(finished):
    report, _ = finished
    assert list(report.rounds) == ["none", "fedsz:rel=1e-2"]
    assert all([row.round for row in rows] == [0, 1, 2] for rows in report.rounds.values())
    assert abs(report.change("fedsz:rel=1e-2")) < 0.1


def test_the_table_explains_a_mark_of_a_claim(finished):
    report, _ = finished
    table = summary_table(report)
    assert "claimed" not in table.note
    stated = {
        name: dataclasses.replace(each, epsilon=8.0, unit=Unit.RECORD, claimed=name != "none")
        for name, each in report.guarantees.items()
    }
    marked = summary_table(dataclasses.replace(report, guarantees=stated))
    assert [row[1] for row in marked.rows] == ["8", "8, claimed"]
    assert marked.note == table.note + note_of_claims(stated.values())
    assert "An epsilon marked as claimed is what a user's own code says of itself" in marked.note


def test_derived_figures_follow_from_the_rows(finished):
    report, _ = finished
    rows = report.rounds["fedsz:rel=1e-2"]
    assert report.ratio("fedsz:rel=1e-2") == pytest.approx(340_008 / (sum(row.nbytes for row in rows) / 3))


def test_shares_of_time_and_the_link_that_pays_follow_from_the_seconds_of_the_rows(finished):
    """The seconds are given: those that were measured depend on what else the machine did."""
    report, _ = finished
    plain = RoundRow(0, 0.5, 3e6, training_seconds=2.0, encode_seconds=0.0, decode_seconds=0.0)
    compressed = RoundRow(0, 0.5, 1e6, training_seconds=1.0, encode_seconds=0.75, decode_seconds=0.25)
    timed = dataclasses.replace(report, rounds={"none": (plain,), "fedsz:rel=1e-2": (compressed,)})
    assert timed.overhead("none") == 0
    assert timed.round_seconds("fedsz:rel=1e-2") == 2
    assert timed.overhead("fedsz:rel=1e-2") == 0.5
    assert timed.break_even("fedsz:rel=1e-2") == pytest.approx(8 * 2e6 / 1.0 / 1e6)


def test_an_interrupted_run_goes_on_to_the_same_accuracies(finished, tmp_path):
    def stop(items, description, **_):
        for number, item in enumerate(items):
            yield item
            if description.startswith("fedsz") and number == 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_federation(SMALL, tmp_path / "run", progress=stop)
    kept = (tmp_path / "run" / "rounds" / "0.safetensors").stat().st_mtime_ns
    report, _ = run_federation(SMALL, tmp_path / "run")
    assert accuracies(report) == accuracies(finished[0])
    assert (tmp_path / "run" / "rounds" / "0.safetensors").stat().st_mtime_ns == kept


@pytest.mark.slow
@pytest.mark.parametrize(
    ("defence", "states"),
    [("ef+topk:share=0.05", 1), ("ef+fedsz:rel=1e-1,memory=1", 2)],
    ids=["what its clients remember", "the round before"],
)
def test_an_interrupted_run_goes_on_with_what_both_ends_remember(tmp_path, defence, states):
    """The file of rounds holds the global state, with memory that before it too, and what each client remembers."""
    spec = dataclasses.replace(SMALL, defences=(defence,))

    def stop(items, description, **_):
        for number, item in enumerate(items):
            yield item
            if description.startswith("ef") and number == 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_federation(spec, tmp_path / "cut", progress=stop)
    report, _ = run_federation(spec, tmp_path / "cut")
    whole, _ = run_federation(spec, tmp_path / "whole")
    assert accuracies(report) == accuracies(whole)
    sizes = [[row.nbytes for row in each.rounds[defence]] for each in (report, whole)]
    assert sizes[0] == sizes[1]
    ends = [load((tmp_path / run / "rounds" / "1.safetensors").read_bytes()) for run in ("cut", "whole")]
    assert all(len(tensor) == states + SMALL.clients for tensor in ends[0].values())
    assert all(tensor.equal(ends[1][name]) for name, tensor in ends[0].items())


def test_the_report_holds_table_rounds_and_figures(finished):
    report, folder = finished
    page = write_federation(report, folder).read_text()
    assert page.count('src="data:image/png;base64,') == len(FIGURES)
    assert "| fedsz:rel=1e-2 |" in (folder.path / "report.md").read_text()
    results = json.loads((folder.path / "results.json").read_text())
    assert len(results["rounds"]) == 6
    assert results["metric"] == "accuracy"
    assert results["guarantees"]["none"]["epsilon"] == "inf"
    for name, (draw, _) in FIGURES.items():
        figure = draw(report)
        assert figure.get_suptitle()
        assert figure.axes[0].get_xlabel()
        assert (folder.path / "figures" / f"{name}.png").stat().st_size > 0
    assert len(summary_table(report).rows) == 2


def test_the_frame_has_what_the_results_have(finished):
    frame = require_tidy(finished[0]).set_index("defence")
    rounds = [row for row in to_results(finished[0])["rounds"] if row["defence"] == "fedsz:rel=1e-2"]
    row = frame.loc["fedsz:rel=1e-2"]
    assert row["performance"] == pytest.approx(rounds[-1]["performance"], abs=1e-12)
    kept = to_results(finished[0])["performance"]["fedsz:rel=1e-2"]
    assert [row[f"performance{end}"] for end in ("", "_low", "_high")] == list(kept.values())
    assert row["bytes"] == pytest.approx(sum(each["nbytes"] for each in rounds) / 3)
    assert row["ratio"] == pytest.approx(frame.loc["none", "bytes"] / row["bytes"])
    assert frame["guaranteed_epsilon_record"].tolist() == [math.inf, math.inf]


def test_accuracy_has_the_interval_of_statsmodels_and_its_change_that_of_a_paired_t_test(finished):
    """The number of right answers tells the interval; the change is at least as sure as two independent intervals."""
    report, _ = finished
    right = round(report.rounds["none"][-1].performance * 359)
    found = report.performance["none"]
    assert found.value == pytest.approx(right / 359)
    assert (found.low, found.high) == pytest.approx(proportion_confint(right, 359, method="beta"))
    change = report.changes["fedsz:rel=1e-2"]
    assert change.value == pytest.approx(report.change("fedsz:rel=1e-2"), abs=1e-12)
    assert 0 <= change.high - change.low < found.high - found.low
    assert report.changes["none"].low == report.changes["none"].high == 0
    assert f"accuracy {found.value:.3f} [{found.low:.3f}, {found.high:.3f}] after 3 rounds" in report.conclusion[0]


def test_one_test_record_has_no_interval(tmp_path):
    with pytest.raises(InputError, match="1 test record has no interval: choose more --test-records"):
        run_federation(dataclasses.replace(SMALL, test_records=1), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_in_a_column_of_a_paper(finished, name):
    require_drawn_where_asked(FIGURES[name][0], finished[0])


def test_any_number_of_defences_are_told_apart(finished):
    report, _ = finished
    rows = report.rounds["fedsz:rel=1e-2"]
    names = ("none", *(f"fedsz:rel={number}e-2" for number in range(1, 40)))
    many = dataclasses.replace(
        report, rounds=dict.fromkeys(names, rows), spec=dataclasses.replace(report.spec, defences=names)
    )
    performance = FIGURES["performance"][0](many).axes[0].get_lines()
    assert len({(line.get_color(), line.get_marker()) for line in performance}) == 40
    transfer = [line for line in FIGURES["link"][0](many).axes[0].get_lines() if len(line.get_xdata()) > 1]
    assert len({(line.get_color(), line._unscaled_dash_pattern) for line in transfer}) == 40


MODEL = """
import torch
from torch import nn


class Kernels(nn.Module):
    \"\"\"No name holds `weight`; kernels lie with channels last; a bool, an integer and a 16-bit buffer.\"\"\"

    def __init__(self, shape, outputs):
        super().__init__()
        last = torch.channels_last
        self.first = nn.Parameter((0.1 * torch.randn(16, shape[0], 3, 3)).to(memory_format=last))
        self.second = nn.Parameter((0.1 * torch.randn(32, 16, 3, 3)).to(memory_format=last))
        self.head = nn.Parameter(0.05 * torch.randn(32 * shape[1] * shape[2], outputs))
        self.register_buffer("mask", torch.arange(32) > 3)
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))
        self.register_buffer("rates", torch.ones(3, dtype=torch.bfloat16))

    def forward(self, images):
        if self.training:
            self.steps += 1
            self.mask[int(self.steps) % 4] = True
        hidden = nn.functional.conv2d(images, self.first, padding=1).relu()
        hidden = nn.functional.conv2d(hidden, self.second, padding=1).relu() * self.mask[:, None, None]
        return hidden.flatten(1) @ self.head
"""


@pytest.mark.usefixtures("undrawn")
def test_names_without_weight_bool_buffers_and_channels_last_go_through_and_on(tmp_path, monkeypatch):
    (tmp_path / "kernels_of_mine.py").write_text(MODEL)
    monkeypatch.chdir(tmp_path)
    spec = dataclasses.replace(SMALL, model="kernels_of_mine:Kernels", rounds=2, epochs=1, records=60)
    report, folder = run_federation(spec, tmp_path / "run")
    assert report.ratio("fedsz:rel=1e-2") > 4
    write_federation(report, folder)
    shorter = tmp_path / "stopped"

    def stop(items, **_):
        for number, item in enumerate(items):
            yield item
            if number == 0:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_federation(spec, shorter, progress=stop)
    assert accuracies(run_federation(spec, shorter)[0]) == accuracies(report)


@pytest.mark.slow
def test_private_training_is_a_defence_whose_guarantee_stands_at_the_delta_of_the_run(tmp_path):
    names = ("none", "dpsgd:eps=8", "dpsgd:eps=8,delta=1e-4", "dpsgd:eps=8+fedsz:rel=1e-2")
    spec = dataclasses.replace(SMALL, defences=names, rounds=2, epochs=1, delta=1e-6)
    report, _ = run_federation(spec, tmp_path / "run")
    guaranteed = {name: stated.epsilon for name, stated in report.guarantees.items()}
    assert {stated.delta for stated in report.guarantees.values()} == {1e-6}
    assert guaranteed["none"] == math.inf
    assert guaranteed["dpsgd:eps=8"] == guaranteed["dpsgd:eps=8+fedsz:rel=1e-2"] == pytest.approx(8, rel=0.03)
    assert guaranteed["dpsgd:eps=8,delta=1e-4"] > 9
    assert "calibrated to epsilon 8 at delta 1e-4" in report.guarantees["dpsgd:eps=8,delta=1e-4"].reason
    summary = summary_table(report)
    column = summary.columns.index("guaranteed\nepsilon for\none record\nat delta 1e-6")
    assert [row[column] for row in summary.rows[:2]] == ["∞", "8"]
    assert report.ratio("dpsgd:eps=8") == 1 < report.ratio("dpsgd:eps=8+fedsz:rel=1e-2")


@pytest.mark.slow
def test_a_rate_and_a_page_are_of_the_records_that_there_are():
    few = FederationSpec(data="digits", records=10_000, test_records=200, clients=3, defences=("none", "dpsgd:eps=8"))
    there = prepare(few)
    held = len(there.split.train)
    assert held < 2000
    assert there.spec.parse_defences()[1].training.sampling_rate == few.batch_size / (held / 3)
    assert there.spec == prepare(dataclasses.replace(few, records=held)).spec
    assert f"{held:,} training records" in few.rounds_in_words(held)


@pytest.mark.slow
def test_private_training_learns_less_than_plain_training_and_repeats_itself(tmp_path):
    spec = dataclasses.replace(SMALL, defences=("dpsgd:noise=8",), rounds=2)
    first, second = (run_federation(spec, tmp_path / name)[0] for name in ("first", "second"))
    assert accuracies(first) == accuracies(second)
    assert first.change("dpsgd:noise=8") < -0.1


@pytest.mark.usefixtures("undrawn")
def test_performance_goes_by_the_name_of_the_tasks_metric(tmp_path, monkeypatch):
    (tmp_path / "numbers_of_mine.py").write_text(NUMBERS)
    monkeypatch.chdir(tmp_path)
    spec = FederationSpec(
        data="numbers_of_mine:load", model="mlp", clients=2, records=100, rounds=1, learning_rate=0.01
    )
    report, folder = run_federation(spec, tmp_path / "run")
    write_federation(report, folder)
    assert report.metric == "mean absolute error"
    assert json.loads((folder.path / "results.json").read_text())["metric"] == report.metric
    assert "mean absolute error\nlast round" in summary_table(report).columns
    figure = FIGURES["performance"][0](report)
    assert "mean absolute error" in figure.axes[0].get_ylabel()


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["cut", "empty", "flipped", "another number", "another run", "another metric"])
def test_rounds_that_cannot_be_used_are_played_again(finished, tmp_path, damage):
    path = tmp_path / "run" / "rounds" / "0.safetensors"
    shutil.copytree(finished[1].path, tmp_path / "run")
    content = path.read_bytes()

    def another_run() -> bytes:
        other = dataclasses.replace(SMALL, seed=2, defences=("none",), rounds=1)
        return (run_federation(other, tmp_path / "other")[1].path / "rounds" / path.name).read_bytes()

    damaged = {
        "cut": lambda: content[:-9],
        "empty": lambda: b"",
        "flipped": lambda: content[:-9] + bytes([content[-9] ^ 1]) + content[-8:],
        "another number": lambda: path.with_name("1.safetensors").read_bytes(),
        "another run": another_run,
        "another metric": lambda: resealed(content, metric="sharpest"),
    }
    path.write_bytes(damaged[damage]())
    said: list[str] = []
    report, _ = run_federation(SMALL, tmp_path / "run", say=said.append)
    assert accuracies(report) == accuracies(finished[0])
    reason = f"is of {damage}" if damage.startswith("another") else "is damaged"
    assert [line for line in said if "played again" in line] == [f"{path} {reason}: its rounds are played again"]
    assert unseal(load, path.read_bytes(), {})[0]["metric"] == "accuracy"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": "mnist"}, "unknown data set"),
        ({"model": "vgg"}, "unknown model"),
        ({"partition": "skewed"}, "unknown partition"),
        ({"model": "resnet50"}, "scale them|pip install"),
        ({"clients": 500}, "500 clients for 200 records"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        run_federation(dataclasses.replace(SMALL, **change), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["rounds", "records", "clients", "test_records"])
def test_numbers_out_of_range_are_named(name):
    with pytest.raises(InputError, match="choose 1 or more"):
        dataclasses.replace(SMALL, **{name: 0})


@pytest.mark.slow
def test_noise_on_the_sum_guarantees_something_for_one_client_in_a_column_of_its_own(tmp_path):
    always, sampled = "dpfedavg:noise=0.5+fedsz:rel=1e-2", "dpfedavg:noise=0.5,rate=0.5"
    spec = dataclasses.replace(SMALL, defences=(sampled, always))
    report, folder = run_federation(spec, tmp_path / "run")
    stated = report.guarantees
    assert stated[always].unit == stated[sampled].unit == "one client"
    assert 0 < stated[sampled].epsilon < stated[always].epsilon < math.inf
    assert "against whoever sees sums over the clients" in stated[always].reason
    for table in (summary_table(report), guarantee_table(report)):
        units = [
            table.columns.index(f"guaranteed\nepsilon for\n{unit}\nat delta 1e-5")
            for unit in ("one record", "one client")
        ]
        for row in table.rows:
            epsilon = str(stated[row[0]])
            assert [row[unit] for unit in units] == (["∞", "∞"] if row[0] == "none" else ["-", epsilon])
    write_federation(report, folder)
    assert json.loads((folder.path / "results.json").read_text())["guarantees"][always]["unit"] == "one client"
    assert report.ratio(always) > 1
    again, _ = run_federation(spec, tmp_path / "again")
    assert accuracies(again) == accuracies(report)


@pytest.mark.usefixtures("undrawn")
def test_a_run_says_what_clients_sent_and_another_payload_is_another_run(tmp_path):
    spec = dataclasses.replace(SMALL, rounds=1, payload=Payload.STATE)
    report, folder = run_federation(spec, tmp_path / "run")
    page = write_federation(report, folder).read_text()
    assert page.count("whole state after training") >= 2
    assert "whole state after training" in summary_table(report).note
    assert json.loads((folder.path / "spec.json").read_text())["payload"] == "state"
    assert json.loads((folder.path / "results.json").read_text())["spec"]["payload"] == "state"
    assert read_question(folder.path, "federate", FederationSpec) == spec
    with pytest.raises(InputError, match=r"another question \(not the same payload: state there, update here\)"):
        run_federation(dataclasses.replace(spec, payload=Payload.UPDATE), tmp_path / "run")


def test_under_one_bound_a_state_and_an_update_have_other_sizes_and_without_one_the_same_results(finished, tmp_path):
    state, _ = run_federation(dataclasses.replace(SMALL, payload=Payload.STATE), tmp_path / "run")
    assert accuracies(state)["none"] == pytest.approx(accuracies(finished[0])["none"], abs=2e-3)
    assert state.transfer("none").nbytes == finished[0].transfer("none").nbytes
    assert state.ratio("fedsz:rel=1e-2") != pytest.approx(finished[0].ratio("fedsz:rel=1e-2"), rel=0.05)


@pytest.mark.parametrize(
    ("release", "refused"),
    [
        ("gaussian:eps=8", True),
        ("dpsgd:eps=8+gaussian:eps=8", True),
        ("dpsgd:noise=1+fedsz:rel=1e-2", False),
        ("dpfedavg:noise=1+fedsz:rel=1e-2", False),
        ("ef+topk:share=0.1", False),
    ],
)
def test_a_release_with_a_proof_of_its_own_takes_no_states(release, refused):
    expected = pytest.raises(InputError, match="choose payload update") if refused else contextlib.nullcontext()
    with expected:
        dataclasses.replace(SMALL, payload=Payload.STATE, defences=(release,))


def test_an_unknown_payload_is_one_line():
    with pytest.raises(InputError, match="unknown payload 'model': choose one of update, state"):
        dataclasses.replace(SMALL, payload="model")
