"""What a file of scores holds, before it is checked, and the layouts of the toolkits that write one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

MEMBER, RUN, RECORD, RELEASE = "member", "run", "record", "release"
"""Names of the columns that are no scores, in the toolkit's own layout."""

OWN = "this toolkit's"
"""What the own layout is called."""


@dataclass(frozen=True)
class Columns:
    """The columns of a file, each of one length.

    Parameters
    ----------
    layout : str
        Whose layout the file has.
    member : array, shape (scores,)
        Who was a member, as it stands in the file.
    signals : mapping of str to array, shape (scores,)
        Scores by the name of their signal.
    keys : mapping of str to array, shape (scores,)
        Those of run, record and release that the file has.
    """

    layout: str
    member: NDArray[Any]
    signals: Mapping[str, NDArray[Any]]
    keys: Mapping[str, NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Layout:
    """Which names in a table or an archive stand for what.

    Parameters
    ----------
    maker : str
        Who writes it.
    known_by : tuple of str
        Names that a file has if it is of this layout.
    member : str
        Name of the membership.
    signals : tuple of str
        Names of scores; empty for all that are nothing else.
    keys : mapping of str to str
        Name of each of run, record and release.
    """

    maker: str
    known_by: tuple[str, ...]
    member: str
    signals: tuple[str, ...]
    keys: Mapping[str, str]

    def fits(self, names: Sequence[str]) -> bool:
        """Return whether a file with these names is of this layout."""
        return set(self.known_by) <= set(names)


KEYS = {name: name for name in (RUN, RECORD, RELEASE)}

PRIVACY_GUARD = Layout(
    maker="PrivacyGuard",
    known_by=(MEMBER, "user_id", "score"),
    member=MEMBER,
    signals=("score",),
    keys={**KEYS, RECORD: "user_id"},
)
"""``df_train_user`` and ``df_test_user`` of an attack's result, one under the other, with a column that says which."""

PRIVACY_METER = Layout(
    maker="Privacy Meter", known_by=("scores", "memberships"), member="memberships", signals=("scores",), keys={}
)
"""``attack_result_0.npz`` in the folder of a report."""

OWN_LAYOUT = Layout(maker=OWN, known_by=(MEMBER,), member=MEMBER, signals=(), keys=KEYS)
