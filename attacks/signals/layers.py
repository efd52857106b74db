"""The per-layer likelihood ratio: where in the update a member shows (LiRA, Carlini et al., IEEE S&P 2022, by layer).

The parts are <u_l, -g_l> for each parameter tensor l, with u the update and g the gradient of the record's loss at the
global state; a part is a member's own step in l and noise that the tensors share. `whitening` combines them.
"""

import numpy as np

from attacks.game.view import View
from attacks.signals import lira, whitening
from attacks.signals.base import Observed, Signal


def observe(view: View) -> Observed:
    """Return the inner product of each update and each negative gradient, one for each parameter tensor."""
    products: Observed = view.descents.products.numpy()
    return products


def observe_with_margin(view: View) -> Observed:
    """Return the inner products and, as one more part, the logit margin on the client's model."""
    return np.concatenate([observe(view), lira.observe(view)[..., None]], axis=-1)


LIRA_LAYERS = Signal("lira-layers", observe, whitening.calibrate)
LIRA_LAYERS_MARGIN = Signal("lira-layers-margin", observe_with_margin, whitening.calibrate)
