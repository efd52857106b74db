"""What attacks are called; asking loads no attack, so that a wrong name is refused at once."""

from collections.abc import Iterable, Sequence

from fedsz_privacy.core import names as core_names

SIGNAL_NAMES = (
    "loss",
    "cosine",
    "lira",
    "lira-per-example",
    "lira-offline",
    "lira-offline-per-example",
    "rmia",
    "rmia-offline",
    "attack-r",
    "attack-p",
    "inner-product",
    "gradient-difference",
    "lira-cosine",
    "lira-layers",
    "lira-layers-margin",
    "fedmia-loss",
    "fedmia-cosine",
)

OWN_NAME = "own-update"
"""The signal that whole clients alone have."""

ADVERSARY_NAMES = ("update", "server", "aggregate", "final-model", "every-step")


def require_known(kind: str, names: Iterable[str], known: Sequence[str]) -> None:
    """Raise InputError for the first name that is neither known nor an import path."""
    for name in names:
        core_names.require_known(kind, name, tuple(known), "write module:NAME for one of your own")
