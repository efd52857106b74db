import json
from time import monotonic

import pytest
import torch
from drawing import require_drawn_where_asked
from safetensors.torch import save_file
from tidy import require_tidy

from analysis.studies.noise.figures import FIGURES
from analysis.studies.noise.report import write_noise_report
from analysis.studies.noise.run import load_update, run_noise
from analysis.studies.noise.spec import NoiseSpec
from analysis.studies.noise.verdict import verdict_lines
from fedsz_privacy import InputError
from fedsz_privacy.training.accounting import epsilon

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp("checkpoints")
    before = {"a.weight": torch.randn(60, 100), "b.weight": torch.randn(40, 50) * 0.1, "steps": torch.tensor(3)}
    after = {name: t + 0.01 * torch.randn_like(t) if t.is_floating_point() else t + 1 for name, t in before.items()}
    save_file(before, folder / "before.safetensors")
    torch.save(after, folder / "after.pt")
    return folder / "after.pt", folder / "before.safetensors"


@pytest.fixture(scope="module")
def run(files, tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "noise"
    report, folder = run_noise(NoiseSpec(*files, releases=("fedsz:rel=1e-2", "fedsz:rel=3e-1", "none")), path)
    return report, folder, write_noise_report(report, folder)


def test_the_duration_is_that_of_the_study_and_not_of_writing_it(files, tmp_path):
    """The folder of a new study is opened after the work."""
    start = monotonic()
    _, folder = run_noise(NoiseSpec(*files, releases=("fedsz:rel=1e-2",)), tmp_path / "run")
    done = monotonic()
    assert folder.opened - start < 0.5 * (done - start)


def test_an_update_is_after_minus_before(files):
    after, before = (torch.load(files[0]), load_update(files[1], None))
    update = load_update(*files)
    assert torch.equal(update["a.weight"], after["a.weight"] - before["a.weight"])


def test_states_in_checkpoints_and_wrapped_models_are_read_too(files, tmp_path):
    wrapped = {f"module.{name}": tensor for name, tensor in torch.load(files[0]).items()}
    torch.save({"model_state_dict": wrapped, "epoch": 3}, tmp_path / "checkpoint.pt")
    update = load_update(tmp_path / "checkpoint.pt", files[1])
    assert update.keys() == wrapped.keys()
    assert torch.equal(update["module.a.weight"], load_update(*files)["a.weight"])


def test_the_run_folder_holds_report_tables_and_figures(run):
    _, folder, page = run
    text = page.read_text()
    assert text.count('src="data:image/png;base64,') == 4
    assert "http" not in text
    for name in ("spec.json", "results.json", "tables/fits.csv", "tables/decisions.csv", "figures/errors.png"):
        assert (folder.path / name).stat().st_size > 0
    results = json.loads((folder.path / "results.json").read_text())
    assert [each["release"] for each in results["releases"]] == ["fedsz:rel=1e-2", "fedsz:rel=3e-1", "none"]
    assert results["releases"][0]["guarantee"]["epsilon"] == "inf"
    assert set(results["releases"][0]["tensors"]) == {"a.weight", "b.weight"}
    assert results["releases"][2]["tensors"] == {}
    curves = results["as_if_curves"]["fedsz:rel=1e-2"]["distributions"]
    assert curves["uniform"][0] == pytest.approx(0.25, abs=5e-3)


def test_the_frame_has_what_the_results_have(run):
    report, folder, _ = run
    frame = require_tidy(report).set_index(["release", "tensor"])
    results = json.loads((folder.path / "results.json").read_text())
    found = results["releases"][0]["tensors"]["a.weight"]
    row = frame.loc["fedsz:rel=1e-2", "a.weight"]
    assert (row["best"], row["r_squared"], row["elements"]) == (found["best"], found["r_squared"], found["elements"])
    ks = {each["family"]: each for each in found["fits"]}
    assert row["ks_laplace"] == ks["laplace"]["ks"]
    assert row["ks_best_low"] == ks[found["best"]]["ks_low"]


@pytest.mark.parametrize(("name", "panels"), [("errors", 6), ("dependence", 2), ("deciding", 2), ("privacy", 4)])
def test_a_figure_is_drawn_in_a_column_of_a_paper(run, name, panels):
    require_drawn_where_asked(FIGURES[name][0], run[0].found, panels=panels)


def test_the_verdict_is_five_lines_of_separate_standing(run):
    for study in run[0].found.values():
        lines = verdict_lines(study)
        assert [line.split(":")[0] for line in lines] == [
            "guaranteed",
            "as if",
            "measured",
            "distribution",
            "dependence",
        ]
        assert all("\n" not in line for line in lines)
        assert "epsilon = ∞" in lines[0]
        assert "adjacency" in lines[2]


@pytest.mark.slow
def test_the_same_question_gives_the_same_results(run, files, tmp_path):
    _, folder, _ = run
    again = run_noise(NoiseSpec(*files, releases=("fedsz:rel=1e-2", "fedsz:rel=3e-1", "none")), tmp_path / "again")
    write_noise_report(*again)
    assert (tmp_path / "again" / "results.json").read_text() == (folder.path / "results.json").read_text()


def test_an_epsilon_is_for_the_delta_of_the_study_and_one_round(files):
    (release,) = NoiseSpec(*files, releases=("gaussian:eps=8,clip=1",), delta=1e-6).parse_releases()
    assert 7.8 < epsilon(release.event, 1e-6) <= 8 < epsilon(release.event, 1e-9)


def test_an_interrupted_study_leaves_nothing(files, tmp_path):
    def stop(items, description, total):  # noqa: ARG001
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_noise(NoiseSpec(*files), tmp_path / "run", progress=stop)
    assert not (tmp_path / "run").exists()


def test_what_cannot_be_studied_is_named_and_leaves_nothing(files, tmp_path):
    other = tmp_path / "other.safetensors"
    save_file({"a.weight": torch.zeros(2)}, other)
    with pytest.raises(
        InputError, match=r"other.safetensors has no b.weight, unlike \S*/after.pt: give states of one model"
    ):
        run_noise(NoiseSpec(files[0], other), tmp_path / "run")
    with pytest.raises(InputError, match=r"none changes no tensor of .*: choose a release that does"):
        run_noise(NoiseSpec(files[0], releases=("none",)), tmp_path / "run")
    with pytest.raises(InputError, match="seed -1"):
        NoiseSpec(files[0], seed=-1)
    assert not (tmp_path / "run").exists()


def test_a_folder_of_another_question_is_left_alone(run, files):
    _, folder, _ = run
    stamps = {path: path.stat().st_mtime_ns for path in folder.path.rglob("*")}
    with pytest.raises(InputError, match="releases"):
        run_noise(NoiseSpec(*files, releases=("fedsz:rel=1e-1",)), folder.path)
    assert {path: path.stat().st_mtime_ns for path in folder.path.rglob("*")} == stamps
