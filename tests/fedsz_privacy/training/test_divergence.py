"""Training that diverged is found before anything is made of it."""

import re

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from analysis.cli import app
from analysis.methods.curves.neighbours import neighbour_pairs
from attacks import Game
from attacks.game.chunk import Chunk
from fedsz_privacy import InputError
from fedsz_privacy.core.state import stack_of_one
from fedsz_privacy.defences.mechanisms.none import none
from fedsz_privacy.federation.federation import Federation
from fedsz_privacy.training import OwnTraining, Training
from fedsz_privacy.training.check import check_rule
from fedsz_privacy.training.divergence import FAR, require_convergence
from fedsz_privacy.training.dpsgd import dpsgd_with_noise
from fedsz_privacy.training.modes import detached

STATES = {"weight": torch.full((1, 3, 4), 2.0), "steps": torch.tensor([7])}


def updates(value):
    """Return the updates of two trials, the second of which moved one weight."""
    weights = torch.full((2, 3, 4), 0.1)
    weights[1, 0, 0] = value
    return {"weight": weights, "steps": torch.tensor([8, 8])}


BROKEN, LONG = "the update of weight is not finite", "an update is over 1,000 times as long as the state before it"


@pytest.mark.parametrize(
    ("value", "fault"), [(torch.nan, BROKEN), (torch.inf, BROKEN), (-torch.inf, BROKEN), (2 * 48**0.5 * FAR, LONG)]
)
def test_updates_that_are_not_finite_or_longer_than_any_training_makes_are_refused(value, fault):
    with pytest.raises(InputError, match=rf"training diverged in round 3 \({fault}\): lower the learning rate"):
        require_convergence(updates(value), STATES, 2)


def test_ordinary_updates_pass_and_so_do_those_of_a_state_of_zeros_or_with_a_mask():
    require_convergence(updates(5.0), STATES, 0)
    require_convergence(updates(300.0), {name: torch.zeros_like(tensor) for name, tensor in STATES.items()}, 0)
    mask = {"mask": torch.full((1, 2), -torch.inf)}
    require_convergence(updates(0.0) | {"mask": torch.zeros(2, 2)}, STATES | mask, 0)


@pytest.mark.parametrize("command", ["audit --trials 8 --candidates 40 --clients 2 --rounds 1", "federate --rounds 1"])
def test_a_learning_rate_that_is_far_too_large_ends_with_one_line(tmp_path, command):
    """Federation once reported a ratio of 411 for it."""
    arguments = [*command.split(), "--epochs", "1", "--learning-rate", "1e4", "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2, result.output
    told = (
        r"fedsz-privacy: training diverged in round 1 \((the update of 1.weight is not finite|an update is over .*)\): "
    )
    assert re.fullmatch(f"{told}lower the learning rate\n", result.stderr)


def make_nan(model, _, __):
    for parameter in model.parameters():
        torch.nn.init.constant_(parameter, torch.nan)


@pytest.mark.parametrize(
    ("rule", "remedy"),
    [
        (Training(learning_rate=1e30), "lower the learning rate"),
        (dpsgd_with_noise(Training(learning_rate=1e30), 10, 1.0), "lower the learning rate or the noise"),
        (OwnTraining(make_nan, "mine:make_nan"), "let mine:make_nan take smaller steps"),
    ],
)
def test_the_remedy_is_one_that_fits_the_rule_that_trained(digits, rule, remedy):
    """--learning-rate was named beside a function of a user's own, where it is refused."""
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))
    told = rf"training diverged in round 1 \(.*\): {remedy}$"
    with pytest.raises(InputError, match=told):
        check_rule(rule, model, "mlp", digits.part(0, 8))
    federation = Federation(model, digits.part(0, 8), np.ones((1, 8), bool), rule, none(), 0)
    with pytest.raises(InputError, match=told):
        next(federation.rounds(stack_of_one(detached(model)))).sent(0)
    game = Game(model, detached(model), digits.part(0, 8), digits.part(8, 16), rule, 0)
    with pytest.raises(InputError, match=told):
        Chunk(game, range(2)).rounds(none(), 0)[0].sent(0)
    with pytest.raises(InputError, match=told):
        neighbour_pairs(game, 2)


@pytest.mark.parametrize(("scale", "dtype"), [(1e25, torch.float32), (1e38, torch.float32), (1e200, torch.float64)])
def test_a_state_of_any_size_may_move_by_a_part_of_it_and_not_by_far_more(scale, dtype):
    """Squares of 32 bits once made every update of such a state a divergence, and those of 64 none."""
    states = {"weight": torch.full((1, 12), scale, dtype=dtype)}
    require_convergence({"weight": 0.1 * states["weight"]}, states, 0)
    tiny = {"weight": states["weight"] / 1e6}
    with pytest.raises(InputError, match="training diverged"):
        require_convergence({"weight": states["weight"]}, tiny, 0)


NORMED = {"0.weight": torch.ones(1, 4), "1.running_mean": torch.zeros(1, 4), "1.running_var": torch.ones(1, 4)}


def moved(name, by):
    return {each: torch.full_like(tensor, by if each == name else 0.1) for each, tensor in NORMED.items()}


@pytest.mark.parametrize("name", ["1.running_mean", "1.running_var"])
def test_statistics_of_large_inputs_are_no_divergence(name):
    require_convergence(moved(name, 1e9), NORMED, 0)


@pytest.mark.parametrize(("name", "by"), [("0.weight", 1e4), ("0.weight", torch.nan), ("1.running_var", torch.inf)])
def test_weights_that_moved_far_and_numbers_that_are_not_finite_are(name, by):
    """Of a model that normalises batches, the remedy names them too."""
    remedy = "lower the learning rate, or the noise where training is private, or choose another batch size"
    with pytest.raises(InputError, match=rf"in round 1 \(.*\): {remedy}"):
        require_convergence(moved(name, by), NORMED, 0)
