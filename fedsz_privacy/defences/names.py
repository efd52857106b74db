"""What the parts of a defence are called; asking loads no release, so that a wrong name is refused at once."""

from collections.abc import Iterable

from fedsz_privacy.core.errors import unknown
from fedsz_privacy.core.imports import require_module
from fedsz_privacy.defences.grammar import read_part, split_parts

RELEASE_NAMES = (
    "none",
    "fedsz",
    "dither",
    "topk",
    "int8",
    "bf16",
    "sign",
    "qsgd",
    "eden",
    "stochastic",
    "rqm",
    "gaussian",
    "certified-gaussian",
    "layered-gaussian",
    "layered-laplace",
    "staircase",
)

PRIVATE_NAMES = ("dpsgd", "opacus")
"""Private training, which stands before releases."""

FIRST_NAMES = ("ef", *PRIVATE_NAMES, "dpfedavg")
"""What may stand before releases."""


def require_known(texts: Iterable[str]) -> None:
    """Raise InputError for the first part of a defence that is neither built in nor an import path."""
    for text in texts:
        for kind, _ in map(read_part, split_parts(text)):
            if ":" in kind:
                require_module(kind)
            elif kind not in (*RELEASE_NAMES, *FIRST_NAMES):
                raise unknown("release", kind, RELEASE_NAMES, "write module:factory for one of your own")


def private_training(text: str) -> str | None:
    """Return the name of the private training that a defence brings, which takes the place of the run's; or None."""
    kinds = [read_part(part)[0] for part in split_parts(text)]
    return next((kind for kind in kinds if kind in PRIVATE_NAMES), None)
