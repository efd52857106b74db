"""Loss threshold: a member's loss is lower (Yeom et al., CSF 2018)."""

from attacks.game.view import View
from attacks.signals.base import Scores, Signal


def observe(view: View) -> Scores:
    """Return the negative loss of the client's model on each candidate; in nats where it is a cross-entropy."""
    return -view.losses


LOSS = Signal("loss", observe)
