"""What several audits were asked: one audit's question, and their seeds."""

import re
from dataclasses import dataclass, fields

from analysis.studies.audit.spec import AuditSpec
from analysis.studies.spec import option
from fedsz_privacy.core import ranges
from fedsz_privacy.core.errors import InputError

MOST_SEEDS = 1000
"""Most seeds of one run: more are a slip of the finger."""

_SPAN = re.compile(r"([0-9]{1,20})(?:-([0-9]{1,20}))?")


@dataclass(frozen=True, kw_only=True)
class SeedsSpec(AuditSpec):
    """The question of several audits.

    Parameters
    ----------
    seeds : tuple of int
        Seeds, two or more, each of which decides the records, the federation and the trials of its audit. They are put
        in order; ``seed`` is the first of them.

    Raises
    ------
    InputError
        As an `AuditSpec`, or if there are fewer than two seeds or too many.
    """

    seeds: tuple[int, ...] = option(tuple(range(5)), "Seeds of as many audits.", within=ranges.SEED)

    def __post_init__(self) -> None:
        object.__setattr__(self, "seeds", tuple(sorted(dict.fromkeys(self.seeds))))
        if not 2 <= len(self.seeds) <= MOST_SEEDS:
            raise InputError(f"{len(self.seeds)} seeds: choose from 2 to {MOST_SEEDS}")
        object.__setattr__(self, "seed", self.seeds[0])
        super().__post_init__()

    def at(self, seed: int) -> AuditSpec:
        """Return the question of one of the audits."""
        return AuditSpec(**{each.name: getattr(self, each.name) for each in fields(AuditSpec)} | {"seed": seed})


def parse_seeds(text: str) -> tuple[int, ...]:
    """Return the seeds that a string such as ``0-4`` or ``0,3,7`` names.

    Raises
    ------
    InputError
        If it cannot be read, or names too many.
    """
    spans = [_SPAN.fullmatch(part) for part in text.split(",")]
    seeds: list[int] = []
    for span in spans:
        first, last = (int(span[1]), int(span[2] or span[1])) if span else (1, 0)
        if last < first:
            raise InputError(f"seeds {text!r}: give whole numbers and ranges of them, such as 0-4 or 0,3,7")
        if len(seeds) + last - first >= MOST_SEEDS:
            raise InputError(f"seeds {text!r} are too many: choose {MOST_SEEDS} or less")
        seeds += range(first, last + 1)
    return tuple(seeds)


def settle(asked: dict[str, object], seeds: str) -> AuditSpec:
    """Return the question that the fields of an audit's ask of some seeds; of one seed it is that of an audit."""
    named = tuple(dict.fromkeys(parse_seeds(seeds)))
    rest = {name: value for name, value in asked.items() if name != "seed"}
    return AuditSpec(**rest, seed=named[0]) if len(named) == 1 else SeedsSpec(**rest, seeds=named)  # type: ignore[arg-type]
