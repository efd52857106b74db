"""Membership signals, one file each behind one contract."""

from attacks.signals.base import Scores, Signal
from attacks.signals.cosine import COSINE
from attacks.signals.lira import LIRA
from attacks.signals.loss import LOSS

SIGNALS: tuple[Signal, ...] = (LOSS, COSINE, LIRA)
"""The signals of a default audit."""

__all__ = ["COSINE", "LIRA", "LOSS", "SIGNALS", "Scores", "Signal"]
