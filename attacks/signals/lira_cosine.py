"""LiRA on the gradient cosine instead of the logit margin: the update as a whole against shadow updates.

Online, with fixed variance (Carlini et al., IEEE S&P 2022), on the cosine of Li et al., ICLR 2023.
"""

from attacks.signals.base import Signal
from attacks.signals.cosine import COSINE
from attacks.signals.lira import LIRA

LIRA_COSINE = Signal("lira-cosine", COSINE.observe, LIRA.calibrate)
