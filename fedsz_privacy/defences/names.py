"""What the parts of a defence are called; asking loads no release, so that a wrong name is refused at once."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from fedsz_privacy.core.errors import InputError, unknown
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

DPFEDAVG = "dpfedavg"
"""What asks for `DPFedAvg`."""

NO_RELEASES: Mapping[str, str] = MappingProxyType({**dict.fromkeys(PRIVATE_NAMES, "training"), DPFEDAVG: "aggregation"})
"""What may stand first in the string of a defence and is no release, with what it is."""

FIRST_NAMES = ("ef", *NO_RELEASES)
"""What may stand before releases."""


def require_known(texts: Iterable[str]) -> None:
    """Raise InputError for the first part of a defence that is neither built in nor an import path."""
    for text in texts:
        for kind, _ in map(read_part, split_parts(text)):
            if ":" in kind:
                require_module(kind)
            elif kind not in (*RELEASE_NAMES, *FIRST_NAMES):
                raise unknown("release", kind, RELEASE_NAMES, "write module:factory for one of your own")


def first_kind(text: str) -> str:
    """Return the word that a defence's first part begins with."""
    return text.partition("+")[0].partition(":")[0].strip()


def require_releases(texts: Iterable[str], because: str) -> None:
    """Raise InputError for the first string that asks for training or aggregation, where nothing but a release fits."""
    for text in texts:
        if what := NO_RELEASES.get(first_kind(text)):
            raise InputError(f"{text} is {what}, and {because}: give releases alone")


def private_training(text: str) -> str | None:
    """Return the name of the private training that a defence brings, which takes the place of the run's; or None."""
    kinds = [read_part(part)[0] for part in split_parts(text)]
    return next((kind for kind in kinds if kind in PRIVATE_NAMES), None)
