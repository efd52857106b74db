"""Who looks: membership-inference attacks on what left a client.

The rooms:

- ``game``: candidates, trials, what an adversary sees, and the engine that plays and keeps trials
- ``clients``: the same game over whole clients
- ``canaries``: records and gradients that are made to leak
- ``signals``: a file for each attack
"""

from attacks.game.adversaries import ADVERSARIES, Adversary, get_adversary
from attacks.game.game import Game
from attacks.game.play import play
from attacks.game.trial import Trials
from attacks.game.view import Knowledge, View
from attacks.signals import ALL_SIGNALS, COSINE, LIRA, LOSS, SIGNALS, Scores, Signal, get_signal

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
