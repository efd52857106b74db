"""Who looks: membership-inference attacks on what left a client."""

from attacks.game import Game, play
from attacks.signals import ALL_SIGNALS, COSINE, LIRA, LOSS, SIGNALS, Scores, Signal, get_signal
from attacks.trial import Trials
from attacks.view import Knowledge, View

__all__ = [
    "ALL_SIGNALS",
    "COSINE",
    "LIRA",
    "LOSS",
    "SIGNALS",
    "Game",
    "Knowledge",
    "Scores",
    "Signal",
    "Trials",
    "View",
    "get_signal",
    "play",
]
