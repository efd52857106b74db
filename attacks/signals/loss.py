"""Loss threshold: a member's loss is lower (Yeom et al., CSF 2018)."""

from torch.nn.functional import cross_entropy

from attacks.game.view import View
from attacks.signals.base import Scores, Signal


def observe(view: View) -> Scores:
    """Return the negative cross-entropy of the client's model on each candidate, in nats."""
    labels = view.knowledge.pool.labels.expand(view.logits.shape[:2])
    scores: Scores = -cross_entropy(view.logits.flatten(0, 1), labels.flatten(), reduction="none").numpy()
    return scores.reshape(labels.shape)


LOSS = Signal("loss", observe)
