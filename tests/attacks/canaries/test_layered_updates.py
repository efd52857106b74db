"""Update canaries against layered releases: below what is guaranteed against an outsider, and most of it."""

import pytest
import torch
from dp_accounting import GaussianDpEvent
from torch import nn

from analysis.methods.lower_bounds import NoiseFamily, epsilon_lower_bound
from attacks import Game
from attacks.canaries.play import UPDATE
from attacks.canaries.updates import UpdateCanaryPlayer
from fedsz_privacy import parse_release
from fedsz_privacy.defences.defence import Defence
from fedsz_privacy.training.accounting import epsilon
from fedsz_privacy.training.descent import Training

DELTA = 1e-5


def audit(digits, text):
    """Return the lower bound on epsilon of 2,000 canaries, rejecting Gaussian noise."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    state = {name: tensor.detach() for name, tensor in model.state_dict().items()}
    game = Game(model, state, digits.part(0, 10), digits.part(0, 10), Training(), seed=0)
    release = parse_release(text)
    played = UpdateCanaryPlayer(game, [Defence(text, game.training, release, release.event, release.reason)], 100).play(
        range(20)
    )
    scores = played.observed[UPDATE][:, 0, 0]
    return epsilon_lower_bound(scores, played.membership, NoiseFamily(GaussianDpEvent(1.0)), DELTA).epsilon


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", ["layered-gaussian:noise=0.6,clip=0.5", "layered-gaussian:noise=0.6,secret=0.4,clip=0.5"]
)
def test_an_outsider_proves_most_of_what_is_guaranteed_and_no_more(digits, text):
    guaranteed = epsilon(parse_release(text).outsiders.event, DELTA)
    assert 0.75 * guaranteed < audit(digits, text) < guaranteed


@pytest.mark.slow
def test_half_the_noise_proves_more_than_was_guaranteed(digits):
    guaranteed = epsilon(parse_release("layered-gaussian:noise=0.6,clip=0.5").outsiders.event, DELTA)
    assert audit(digits, "layered-gaussian:noise=0.3,clip=0.5") > guaranteed
