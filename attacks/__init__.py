"""Who looks: membership-inference attacks on what left a client."""

from attacks.adversaries import ADVERSARIES, Adversary, get_adversary
from attacks.game import Game
from attacks.play import play
from attacks.signals import ALL_SIGNALS, COSINE, LIRA, LOSS, SIGNALS, Scores, Signal, get_signal
from attacks.trial import Trials
from attacks.view import Knowledge, View

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
