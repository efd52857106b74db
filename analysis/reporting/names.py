"""How many names are written for people: the first few."""

from collections.abc import Sequence

SHOWN = 3


def first_names(names: Sequence[str]) -> str:
    """Return the first of some names, quoted, and how many more there are."""
    shown, more = ", ".join(map(repr, names[:SHOWN])), len(names) - SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown
