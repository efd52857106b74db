"""Every signal by name."""

from collections.abc import Mapping
from types import MappingProxyType

from attacks.signals.base import Signal
from attacks.signals.cosine import COSINE
from attacks.signals.fedmia import FEDMIA_COSINE, FEDMIA_LOSS
from attacks.signals.gradient_difference import GRADIENT_DIFFERENCE
from attacks.signals.inner_product import INNER_PRODUCT
from attacks.signals.layers import LIRA_LAYERS, LIRA_LAYERS_MARGIN
from attacks.signals.lira import LIRA, LIRA_OFFLINE, LIRA_OFFLINE_PER_EXAMPLE, LIRA_PER_EXAMPLE
from attacks.signals.lira_cosine import LIRA_COSINE
from attacks.signals.loss import LOSS
from attacks.signals.population import ATTACK_P
from attacks.signals.reference import ATTACK_R
from attacks.signals.rmia import RMIA, RMIA_OFFLINE
from fedsz_privacy.core.imports import find_part

SIGNALS: tuple[Signal, ...] = (LOSS, COSINE, LIRA)
"""The signals of a default audit."""

OTHERS = (
    LIRA_PER_EXAMPLE,
    LIRA_OFFLINE,
    LIRA_OFFLINE_PER_EXAMPLE,
    RMIA,
    RMIA_OFFLINE,
    ATTACK_R,
    ATTACK_P,
    INNER_PRODUCT,
    GRADIENT_DIFFERENCE,
    LIRA_COSINE,
    LIRA_LAYERS,
    LIRA_LAYERS_MARGIN,
    FEDMIA_LOSS,
    FEDMIA_COSINE,
)

ALL_SIGNALS: Mapping[str, Signal] = MappingProxyType({signal.name: signal for signal in (*SIGNALS, *OTHERS)})
"""All signals by name, those of a default audit first."""


def get_signal(name: str) -> Signal:
    """Return the signal of that name.

    Parameters
    ----------
    name : str
        A key of `ALL_SIGNALS`, or ``module:NAME`` for a `Signal` of a user's own, which then goes by that path.

    Raises
    ------
    InputError
        If there is none.
    """
    return find_part("signal", Signal, name, ALL_SIGNALS)
