"""What docs/extending.md shows is run as it stands there, and does what it says."""

import json
import re
import runpy
import shlex
import sys
from math import exp
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score
from typer.testing import CliRunner

from analysis.cli import app
from attacks import Adversary, get_adversary, get_signal, play
from attacks.game.chunk import TARGET
from fedsz_privacy.data import Records, classification, load_data
from fedsz_privacy.defences.mechanisms.none import none
from fedsz_privacy.defences.parsing import parse_release
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.accounting import epsilon

pytestmark = pytest.mark.usefixtures("undrawn")

PAGE = (Path(__file__).parents[1] / "docs" / "extending.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n# (\w+\.py)\n(.*?)```", PAGE, re.DOTALL)
SHELL = "".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)).replace("\\\n", " ")
COMMANDS = [shlex.split(line) for line in SHELL.splitlines()]
HUB_NAME = "ylecun/mnist"
SMALL = "--release none --trials 8 --candidates 40 --clients 2 --rounds 1 --epochs 1"


@pytest.fixture(scope="module", autouse=True)
def directory(tmp_path_factory):
    """A working directory with the page's mine.py, in which its other blocks have been run."""
    datasets = pytest.importorskip("datasets")
    load_dataset = datasets.load_dataset
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("extending"))
        on_hub = {HUB_NAME: "./my_digits"}
        patch.setattr(datasets, "load_dataset", lambda name, **asked: load_dataset(on_hub.get(name, name), **asked))
        for name, code in BLOCKS:
            with Path(name).open("a", encoding="utf-8") as file:
                file.write(code)
        for name in sorted({name for name, _ in BLOCKS} - {"mine.py"}):
            runpy.run_path(name)
        yield
        sys.modules.pop("mine", None)


def test_the_page_has_a_command_for_every_part():
    assert len(BLOCKS) == PAGE.count("```python")
    assert {program for program, *_ in COMMANDS} == {"fedsz-privacy"}
    options = {
        "--data",
        "--task",
        "--model",
        "--release",
        "--signal",
        "--adversary",
        "--canary",
        "--optimizer",
        "--learning-rate",
    }
    assert {word for line in COMMANDS for word in line if word.startswith("--")} == options


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_of_the_page_ends_with_a_report_that_names_what_was_brought(command, tmp_path):
    result = CliRunner().invoke(app, [*command[1:], *SMALL.split(), "--out", str(tmp_path / "run")])
    assert result.exit_code == 0, result.output
    spec = json.loads((tmp_path / "run" / "spec.json").read_text())
    found = json.loads((tmp_path / "run" / "results.json").read_text())["defences"]
    for option, value in zip(command[2::2], command[3::2], strict=True):
        if option == "--release":
            assert value in [release["name"] for release in found]
        elif option == "--signal":
            assert all(value in signals for release in found for signals in release["groups"].values())
        elif option == "--canary":
            assert spec["canaries"] == [value]
        else:
            assert str(spec[option.removeprefix("--").replace("-", "_")]) == value
    assert (tmp_path / "run" / "report.html").is_file()


def test_every_tenth_training_label_of_the_example_is_wrong():
    wrong = load_data("mine:mislabelled").train.targets != load_data("digits").train.targets
    assert wrong.nonzero().flatten().tolist() == list(range(0, 1438, 10))


@pytest.mark.parametrize("name", ["my_digits.npz", "./my_digits", HUB_NAME])
def test_a_file_a_folder_and_the_hub_give_the_same_images(name):
    split = load_data(name)
    whole = np.floor(load_digits().images / 16 * 255)
    for part, rows in ((split.train, slice(1400)), (split.test, slice(1400, None))):
        assert part.task.outputs == 10
        images = part.inputs[0].sum(dim=(1, 2, 3)).mul(255).round()
        sums = sorted(zip(part.targets.tolist(), images.tolist(), strict=True))
        assert sums == sorted(zip(load_digits().target[rows].tolist(), whole[rows].sum(axis=(1, 2)), strict=True))


def test_the_example_model_is_one_linear_layer():
    records = Records((torch.zeros(2, 3, 4, 5),), torch.zeros(2, dtype=torch.int64), classification(7))
    model = build_model("mine:softmax_regression", records, seed=0)
    assert [tuple(tensor.shape) for tensor in model.state_dict().values()] == [(7, 60), (7,)]


def test_the_example_release_clips_and_adds_noise_as_it_claims(rng):
    """A chi-square test of the noise's variance at error rate 1e-4."""
    release = parse_release("mine:gaussian:clip=0.5,noise=2")
    zeros = {"weight": torch.zeros(100, 200), "bias": torch.zeros(100)}
    noise = torch.cat([tensor.flatten() for tensor in release.apply(zeros, rng).update.values()]).double()
    low, high = stats.chi2(len(noise)).ppf([0.5e-4, 1 - 0.5e-4])
    assert low < noise.square().sum() / 2.0**2 < high
    long, short = {"weight": torch.tensor([30.0, 40.0])}, {"weight": torch.tensor([0.03, 0.04])}
    quiet = parse_release("mine:gaussian:clip=0.5,noise=1e-9")
    assert quiet.apply(long, rng).update["weight"].tolist() == pytest.approx([0.3, 0.4], rel=1e-5)
    assert quiet.apply(short, rng).update["weight"].tolist() == pytest.approx([0.03, 0.04], rel=1e-5)


def test_the_example_releases_epsilon_is_the_gaussian_mechanisms():
    """Delta at that epsilon against the closed form of Balle and Wang (ICML 2018), of sensitivity over noise 1/2."""
    eps = epsilon(parse_release("mine:gaussian:clip=0.5,noise=2+fedsz:rel=1e-2").event, delta=1e-5)
    delta = stats.norm.cdf(0.25 - 2 * eps) - exp(eps) * stats.norm.cdf(-0.25 - 2 * eps)
    assert 0.98e-5 < delta <= 1e-5


def test_the_example_signal_finds_members_without_asking_a_trial_for_its_own(game):
    signal = get_signal("mine:CONFIDENCE")
    trials = play(game, range(24), [none()], [signal])
    looks = trials.observed["mine:CONFIDENCE"][:, 0]
    scores = signal.score(looks, trials.membership)
    assert roc_auc_score(trials.membership.ravel(), scores.ravel()) > 0.55
    flipped = trials.membership.copy()
    flipped[3] = ~flipped[3]
    assert signal.score(looks, flipped)[3] == pytest.approx(scores[3])


def test_the_example_adversary_sees_the_last_layer_alone(game):
    seen = []

    def watch(knowledge, rounds):
        seen.extend(zip(rounds, get_adversary("mine:LAST_LAYER").looks(knowledge, rounds), strict=True))
        return [view for _, view in seen]

    play(game, range(2), [none()], [], Adversary("watch", "what is looked at", watch))
    ((played, view),) = seen
    for name, tensor in view.updates.items():
        expected = played.sent(TARGET).update[name] if name in {"3.weight", "3.bias"} else torch.zeros_like(tensor)
        assert torch.equal(tensor, expected)
