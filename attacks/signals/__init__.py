"""Membership signals, one file each behind one contract."""

from attacks.signals.base import Observed, Scores, Signal
from attacks.signals.catalogue import ALL_SIGNALS, SIGNALS, get_signal
from attacks.signals.cosine import COSINE
from attacks.signals.lira import LIRA
from attacks.signals.loss import LOSS

__all__ = ["ALL_SIGNALS", "COSINE", "LIRA", "LOSS", "SIGNALS", "Observed", "Scores", "Signal", "get_signal"]
