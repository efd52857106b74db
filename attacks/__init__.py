"""Who looks: membership-inference attacks on what left a client."""

from attacks.game import Game, play
from attacks.signals import COSINE, LIRA, LOSS, SIGNALS, Scores, Signal
from attacks.trial import Trials
from attacks.view import Knowledge, View

__all__ = ["COSINE", "LIRA", "LOSS", "SIGNALS", "Game", "Knowledge", "Scores", "Signal", "Trials", "View", "play"]
