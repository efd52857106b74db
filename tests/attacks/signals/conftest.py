import pytest

from attacks import ALL_SIGNALS, Game, View
from attacks.game.chunk import Chunk
from fedsz_privacy.core.state import stack, unstack
from fedsz_privacy.defences.parsing import parse_release


@pytest.fixture(scope="session")
def membership(game: Game):
    """Who was in, in thirty-two trials of the game."""
    return game.draw(range(32))[0]


@pytest.fixture(scope="session")
def view(game: Game) -> View:
    """What the adversary sees of those trials, nothing compressed."""
    chunk = Chunk(game, range(32))
    return View(game.knowledge, chunk.first_target, chunk.first_others)


@pytest.fixture(scope="session")
def compressed(view: View) -> View:
    """The same updates at a bound so wide that most of a tensor decodes to one value."""
    release = parse_release("fedsz:rel=3e-1")
    coarse = stack([release.apply(unstack(view.updates, row), None).update for row in range(32)])
    return View(view.knowledge, coarse, view.others)


@pytest.fixture(scope="session")
def observed(view: View):
    """What each signal reads off those trials."""
    return {name: signal.observe(view) for name, signal in ALL_SIGNALS.items()}
