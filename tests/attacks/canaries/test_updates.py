"""Update canaries against releases with Gaussian noise, as they should be and broken."""

import numpy as np
import pytest
import torch
from dp_accounting import GaussianDpEvent
from torch import nn

from analysis.methods.lower_bounds import NoiseFamily, epsilon_lower_bound
from attacks import Game
from attacks.canaries.play import UPDATE
from attacks.canaries.updates import UpdateCanaryPlayer
from fedsz_privacy.core.state import flatten, stack_of_one
from fedsz_privacy.defences.defence import Defence
from fedsz_privacy.defences.parsing import parse_release
from fedsz_privacy.defences.release import Release, Released
from fedsz_privacy.training.accounting import epsilon
from fedsz_privacy.training.descent import Training

DELTA = 1e-5
CLIP, NOISE = 0.5, 0.6


def gaussian(clip=CLIP, noise=NOISE) -> Release:
    """Clip an update to a norm and add Gaussian noise, or do something else and claim that."""

    def apply(update, rng):
        norm = float(flatten(stack_of_one(update)).norm())
        scale = min(1.0, clip / norm) if norm else 1.0
        noisy = {
            name: scale * tensor + torch.from_numpy(rng.normal(0, noise * CLIP, tensor.shape)).float()
            for name, tensor in update.items()
        }
        return Released(noisy, 1)

    return Release("gaussian", apply, GaussianDpEvent(NOISE), "the Gaussian mechanism, one client's update or none")


@pytest.fixture
def game(digits):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    state = {name: tensor.detach() for name, tensor in model.state_dict().items()}
    return Game(model, state, digits.part(0, 10), digits.part(0, 10), Training(), seed=0)


def play(game, *releases, trials=20):
    return play_some(game, releases, range(trials))


def play_some(game, releases, trials):
    defences = [Defence("tried", game.training, each, each.event, each.reason) for each in releases]
    return UpdateCanaryPlayer(game, defences, 100).play(trials)


def bound(played, row=0):
    return epsilon_lower_bound(
        played.observed[UPDATE][:, row, 0], played.membership, NoiseFamily(GaussianDpEvent(1.0)), DELTA
    ).epsilon


@pytest.mark.slow
def test_a_gaussian_release_proves_most_of_what_it_guarantees_and_compression_behind_it_no_more(game):
    guaranteed = epsilon(GaussianDpEvent(NOISE), DELTA)
    played = play(game, gaussian(), gaussian().then(parse_release("fedsz:rel=1e-2")))
    for row in (0, 1):
        assert 0.8 * guaranteed < bound(played, row) < guaranteed


@pytest.mark.slow
@pytest.mark.parametrize("broken", [gaussian(clip=1e9), gaussian(noise=0.5 * NOISE), gaussian(clip=2 * CLIP)])
def test_what_does_not_clip_or_adds_too_little_noise_is_caught(game, broken):
    assert bound(play(game, broken, trials=5)) > epsilon(GaussianDpEvent(NOISE), DELTA)


def test_trials_are_the_same_in_any_company(game):
    together, alone = (play_some(game, [gaussian()], trials) for trials in (range(4), range(2, 3)))
    assert (alone.membership == together.membership[2:3]).all()
    assert np.array_equal(alone.observed[UPDATE], together.observed[UPDATE][2:3])
