"""What several audits were asked: one audit's question, and their seeds."""

import re
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from analysis.reporting.numbers import count
from analysis.studies.audit.spec import AuditSpec
from analysis.studies.clients.spec import ClientsSpec
from analysis.studies.spec import MOST_SEEDS, option
from fedsz_privacy.core import ranges
from fedsz_privacy.core.errors import InputError

if TYPE_CHECKING:
    from analysis.studies.seeds.audits import Audits


DEFAULT_SEEDS = tuple(range(5))

_SPAN = re.compile(r"([0-9]{1,20})(?:-([0-9]{1,20}))?")

One = TypeVar("One", AuditSpec, ClientsSpec)


@dataclass(frozen=True, kw_only=True)
class _Seeds:
    """What the question of one audit becomes that of several by.

    Parameters
    ----------
    seeds : tuple of int
        Seeds, two or more, each of which decides the records, the federation and the trials of its audit. They are put
        in order; ``seed`` is the first of them.

    Raises
    ------
    InputError
        If there are fewer than two seeds or too many, one is given twice, and as the question of one audit.
    """

    seeds: tuple[int, ...] = option(DEFAULT_SEEDS, "Seeds of as many audits.", within=ranges.SEED)

    def __post_init__(self) -> None:
        object.__setattr__(self, "seeds", tuple(sorted(self.seeds)))
        if repeated := [seed for seed, after in pairwise(self.seeds) if seed == after]:
            raise InputError(f"seed {repeated[0]} is given more than once: give each seed once")
        if not 2 <= len(self.seeds) <= MOST_SEEDS:
            raise InputError(f"{count(len(self.seeds), 'seed')}: choose from 2 to {MOST_SEEDS}")
        object.__setattr__(self, "seed", self.seeds[0])
        # That of the question of one audit, which comes after this class in the order of bases.
        super().__post_init__()  # type: ignore[misc]


@dataclass(frozen=True, kw_only=True)
class SeedsSpec(_Seeds, AuditSpec):
    """The question of several audits of records: that of one, an `AuditSpec`, and two or more ``seeds``, in order."""

    @property
    def audits(self) -> "Audits":
        """What they are audits of: records."""
        from analysis.studies.seeds.of_records import OF_RECORDS

        return OF_RECORDS

    def at(self, seed: int) -> AuditSpec:
        """Return the question of one of the audits."""
        return _at(self, AuditSpec, seed)


@dataclass(frozen=True, kw_only=True)
class ClientsSeedsSpec(_Seeds, ClientsSpec):
    """The question of several audits of whole clients: that of one, a `ClientsSpec`, and two or more ``seeds``."""

    @property
    def audits(self) -> "Audits":
        """What they are audits of: whole clients."""
        from analysis.studies.seeds.of_clients import OF_CLIENTS

        return OF_CLIENTS

    def at(self, seed: int) -> ClientsSpec:
        """Return the question of one of the audits."""
        return _at(self, ClientsSpec, seed)


Several = SeedsSpec | ClientsSeedsSpec
"""The question of several audits of either kind."""


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


def settle(asked: dict[str, object], seeds: str, one: type[One], several: type[One]) -> One:
    """Return the question that the fields of an audit's ask of some seeds; of one seed it is that of one audit."""
    named = parse_seeds(seeds)
    rest = {name: value for name, value in asked.items() if name != "seed"}
    return one(**rest, seed=named[0]) if len(named) == 1 else several(**rest, seeds=named)  # type: ignore[arg-type,call-arg]


def _at(spec: Several, one: type[One], seed: int) -> One:
    """Return the question of one of the audits."""
    return one(**{each.name: getattr(spec, each.name) for each in fields(one)} | {"seed": seed})
