"""What docs/training.md shows is run as it stands there, and does what it says."""

import json
import re
import shlex
import sys
from importlib import import_module
from math import exp
from pathlib import Path

import numpy as np
import pytest
import torch
from opacus.accountants import PRVAccountant
from scipy import stats
from torch import nn
from typer.testing import CliRunner

from analysis.cli import app
from fedsz_privacy.core.state import stack_of_one
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.accounting import epsilon
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.fixing import fix
from fedsz_privacy.training.modes import detached
from fedsz_privacy.training.own import find_training

pytestmark = pytest.mark.usefixtures("undrawn")

PAGE = (Path(__file__).parents[1] / "docs" / "training.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(# mine\.py\n.*?)```", PAGE, re.DOTALL)
SHELL = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [shlex.split(line) for line in "".join(SHELL).splitlines()]
SMALL = {
    "audit": "--release none --trials 8 --candidates 40 --clients 2 --rounds 1",
    "federate": "--release none --model mlp --clients 2 --records 60 --test-records 40 --rounds 1",
}


@pytest.fixture(scope="module", autouse=True)
def mine(tmp_path_factory):
    """A working directory with the page's mine.py, and what is in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("training"))
        patch.syspath_prepend(str(Path.cwd()))
        patch.delitem(sys.modules, "mine", raising=False)
        Path("mine.py").write_text("\n".join(BLOCKS), encoding="utf-8")
        yield import_module("mine")
        sys.modules.pop("mine", None)


@pytest.fixture
def mlp(digits):
    return build_model("mlp", digits, seed=1)


def moved(model, rule, records, seed=0):
    before = {name: tensor.clone() for name, tensor in detached(model).items()}
    rule.train(model, records, np.random.default_rng(seed))
    return {name: tensor - before[name] for name, tensor in detached(model).items()}


def length(update):
    return float(torch.cat([tensor.flatten() for tensor in update.values()]).norm())


def test_the_page_has_one_command_for_every_part():
    assert len(BLOCKS) == PAGE.count("```python")
    assert len(SHELL) == len(COMMANDS) == PAGE.count("\n## ") - 1 + 2
    assert len(re.findall(r"^\d+\. ", PAGE, re.MULTILINE)) == 10
    for option in ("--training", "--optimizer", "--weight-decay", "--release", "--fix-model"):
        assert any(option in command for command in COMMANDS), option


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_of_the_page_ends_with_a_report_that_names_what_was_brought(command, tmp_path):
    few = [] if "--training" in command else ["--epochs", "1"]
    asked = [*command[1:], *SMALL[command[1]].split(), *few, "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 0, result.output
    spec = json.loads((tmp_path / "run" / "spec.json").read_text())
    for option, value in zip(command[2::2], command[3::2], strict=False):
        name = option.removeprefix("--").replace("-", "_")
        if option == "--release":
            assert value.removesuffix(",clip=1") in spec["defences"]
        else:
            assert str(spec[name]) == str(type(spec[name])(value))
    assert spec["fix_model"] == ("--fix-model" in command)
    assert list((tmp_path / "run").glob("report.*" if command[1] == "audit" else "tables/*"))
    if command[1] == "audit":
        guarantees = {each["name"]: each["guarantee"] for each in read_defences(tmp_path)}
        for name, guarantee in guarantees.items():
            expected = "mine:private" in command or "mine:noisy" in command or name.startswith(("dpsgd", "opacus"))
            assert np.isfinite(float(guarantee["epsilon"])) == expected, name


def read_defences(tmp_path):
    return json.loads((tmp_path / "run" / "results.json").read_text())["defences"]


@pytest.mark.parametrize("name", ["flipping", "fedprox", "private", "noisy"])
def test_every_example_trains_and_repeats_itself(digits, name):
    rule, records = find_training(f"mine:{name}"), digits.part(0, 60)
    first, again, other = (moved(build_model("mlp", digits, seed=1), rule, records, seed) for seed in (1, 1, 2))
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert length(first) > 0
    assert length({key: first[key] - other[key] for key in first}) > 0


@pytest.mark.parametrize("name", ["flipping", "fedprox"])
def test_the_loops_learn(digits, mlp, name):
    records, test = digits.part(0, 300), digits.part(300, 600)
    before = float(test.task.loss(mlp(*test.inputs), test.targets).mean().detach())
    find_training(f"mine:{name}").train(mlp, records, np.random.default_rng(0))
    assert float(test.task.loss(mlp(*test.inputs), test.targets).mean().detach()) < 0.8 * before


def test_flipping_sees_images_from_both_sides_and_leaves_the_records_as_they_are(digits):
    class Watching(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer, self.seen = nn.Linear(64, 10), []

        def forward(self, images):
            self.seen.append(images.clone())
            return self.layer(images.flatten(1))

    records = digits.part(0, 60)
    kept, model = records.inputs[0].clone(), Watching()
    find_training("mine:flipping").train(model, records, np.random.default_rng(0))
    assert torch.equal(records.inputs[0], kept)
    seen = torch.cat(model.seen).flatten(1)
    straight = (seen[:, None] == kept.flatten(1)[None]).all(-1).any(1)
    flipped = (seen[:, None] == kept.flip(-1).flatten(1)[None]).all(-1).any(1)
    assert bool((straight | flipped).all())
    # 300 coins, fails once in a million with fresh seeds.
    assert stats.binomtest(int(straight.sum()), len(seen), 0.5).pvalue > 1e-6


def test_the_pull_of_fedprox_is_to_the_global_state(digits, mine, monkeypatch):
    """Against two steps of the formula: the pull adds PULL times the distance to the gradient."""
    records, rule = digits.part(0, 10), find_training("mine:fedprox")
    monkeypatch.setattr(mine, "EPOCHS", 2)
    model, plain = (build_model("mlp", digits, seed=1) for _ in range(2))
    update = moved(model, rule, records)
    start = {name: tensor.clone() for name, tensor in detached(plain).items()}
    for _ in range(2):
        plain.zero_grad()
        records.task.loss(plain(*records.inputs), records.targets).mean().backward()
        with torch.no_grad():
            for name, parameter in plain.named_parameters():
                pull = mine.PULL * (parameter - start[name])
                parameter.sub_(0.1 * (parameter.grad + pull))
    for name, tensor in plain.state_dict().items():
        assert torch.allclose(update[name], tensor - start[name], atol=1e-6), name


def test_the_engine_of_the_example_is_read(digits, mlp):
    rule = find_training("mine:private").claimed(mlp, digits.part(0, 100), np.random.default_rng(0)).over(2)
    accountant = PRVAccountant()
    accountant.history = [(1.1, 0.1, 2 * 5 * 10)]
    assert epsilon(rule.event, 1e-5) == pytest.approx(accountant.get_epsilon(1e-5), abs=0.02)
    assert "one training on 100 records" in rule.reason


def test_the_noisy_example_clips_and_adds_noise_as_it_claims(digits, mine, monkeypatch):
    """A chi-square test of the noise's variance at error rate 1e-4."""
    rule, records = find_training("mine:noisy"), digits.part(0, 60)
    models = [build_model("mlp", digits, seed=1) for _ in range(2)]
    noise = torch.cat([tensor.flatten() for tensor in moved(models[0], rule, records).values()]).double()
    low, high = stats.chi2(len(noise)).ppf([0.5e-4, 1 - 0.5e-4])
    assert low < (noise.square().sum() - mine.CLIP**2) / (2 * mine.CLIP * mine.NOISE) ** 2 < high
    monkeypatch.setattr(mine, "NOISE", 1e-9)
    assert length(moved(models[1], rule, records)) == pytest.approx(mine.CLIP, rel=1e-4)


def test_the_noisy_examples_epsilon_is_the_gaussian_mechanisms():
    """Delta at that epsilon against the closed form of Balle and Wang (ICML 2018), of sensitivity over noise 1."""
    rule = find_training("mine:noisy")
    eps = epsilon(rule.event, delta=1e-5)
    delta = stats.norm.cdf(0.5 - eps) - exp(eps) * stats.norm.cdf(-0.5 - eps)
    assert 0.98e-5 < delta <= 1e-5
    assert "2 * CLIP" in rule.reason


def test_the_model_of_the_example_has_no_running_statistics_once_it_is_fixed(digits):
    model = build_model("mine:normed", digits, seed=0)
    assert any(name.endswith("running_mean") for name in model.state_dict())
    fixed = fix(model)
    assert not list(fixed.buffers())
    trained = find_training("mine:fedprox").train_many(
        fixed,
        Clients(stack_of_one(detached(fixed)), digits, np.arange(20).reshape(1, 1, 20), [np.random.default_rng(0)]),
    )
    assert trained.keys() == fixed.state_dict().keys()
