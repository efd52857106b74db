"""Who looks: membership-inference attacks on what left a client.

The rooms:

- ``game``: candidates, trials, what an adversary sees, and the engine that plays and keeps trials
- ``clients``: the same game over whole clients
- ``canaries``: records and gradients that are made to leak
- ``signals``: a file for each attack

Names load on first use, so that asking the command line for help costs no torch.
"""

from typing import TYPE_CHECKING

from fedsz_privacy.core.lazy import lazy

if TYPE_CHECKING:
    from attacks.game.adversaries import ADVERSARIES, Adversary, get_adversary
    from attacks.game.game import Game
    from attacks.game.knowledge import Knowledge
    from attacks.game.play import play
    from attacks.game.trial import Trials
    from attacks.game.view import View
    from attacks.signals import ALL_SIGNALS, COSINE, LIRA, LOSS, SIGNALS, Scores, Signal, get_signal

_HOMES = {
    "ADVERSARIES": "game.adversaries",
    "ALL_SIGNALS": "signals",
    "Adversary": "game.adversaries",
    "COSINE": "signals",
    "Game": "game.game",
    "Knowledge": "game.knowledge",
    "LIRA": "signals",
    "LOSS": "signals",
    "SIGNALS": "signals",
    "Scores": "signals",
    "Signal": "signals",
    "Trials": "game.trial",
    "View": "game.view",
    "get_adversary": "game.adversaries",
    "get_signal": "signals",
    "play": "game.play",
}

__all__ = [
    "ADVERSARIES",
    "ALL_SIGNALS",
    "COSINE",
    "LIRA",
    "LOSS",
    "SIGNALS",
    "Adversary",
    "Game",
    "Knowledge",
    "Scores",
    "Signal",
    "Trials",
    "View",
    "get_adversary",
    "get_signal",
    "play",
]

__getattr__ = lazy(__name__, _HOMES)
