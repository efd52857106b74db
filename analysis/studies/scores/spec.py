"""What an audit of scores was asked: everything that decides its results."""

from dataclasses import MISSING, dataclass
from pathlib import Path
from typing import ClassVar

from analysis.methods.confidence import CONFIDENCE
from analysis.reporting.folder import contents
from analysis.studies.spec import DELTA, option, require_options
from fedsz_privacy.core import ranges
from fedsz_privacy.core.errors import unknown
from fedsz_privacy.core.ranges import Range, Share

DESIGNS = ("coins", "fixed-split", "one-run")
"""How it may have been decided who was a member; there is no default, for no file says it."""

BOUND_DELTA = Share(0, 1)
"""Deltas that epsilon may be bounded at; 0 is pure differential privacy."""

BOUND_CONFIDENCE = Range(0.5, 0.999)
"""Confidences that epsilon may be bounded at."""


@dataclass(frozen=True)
class ScoresSpec:
    """The question of an audit of scores.

    Parameters
    ----------
    file : str
        The file.
    design : str
        One of `DESIGNS`; empty if nothing was declared.
    signals, lower : tuple of str
        Signals to keep, empty for all; and those that are lower for members.
    reference : str
        The release that others are compared to; empty for ``none``, or the first.
    delta, confidence : float
        Of each lower bound on epsilon.
    seed : int
        Seed of every random choice.

    Raises
    ------
    InputError
        If the design is unknown, or a number is out of range.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    file: str = option(MISSING, "Scores: .csv, .parquet or .npz, or LeakPro's .json.", positional=True)
    design: str = option(
        "",
        "How it was decided who was a member: coins (each record of each run by a fair coin of its own), fixed-split "
        "(somebody chose), or one-run (coins, and one training). Without it no bound on epsilon is printed.",
        shown="not declared",
    )
    signals: tuple[str, ...] = option(
        (), "A column of scores; repeat it for more.", name="signal", shown="all but member, run, record, release"
    )
    lower: tuple[str, ...] = option(
        (), "A signal that is lower for members, such as a loss; repeat it for more.", shown="none"
    )
    reference: str = option(
        "", "Release that the others are compared to.", shown="the release none, or else the first in the file"
    )
    delta: float = option(DELTA, "The delta of every epsilon of the run.", within=BOUND_DELTA)
    confidence: float = option(CONFIDENCE, "Confidence of each lower bound on epsilon.", within=BOUND_CONFIDENCE)
    seed: int = option(0, "Seed of every random choice.", within=ranges.SEED)

    def __post_init__(self) -> None:
        require_options(self)
        if self.design and self.design not in DESIGNS:
            raise unknown("design", self.design, DESIGNS, "leave it out, and no bound is printed")

    def to_dict(self) -> dict[str, object]:
        """Return the question as plain values, with what the file holds.

        Raises
        ------
        InputError
            If the file is not there.
        """
        from analysis.studies.questions import to_plain

        return {**to_plain("audit-scores", self), "contents": contents([Path(self.file)])}
