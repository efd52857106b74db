"""Files of attack scores, each layout as its maker writes it; none of them is unpickled."""

from analysis.studies.scores.readers.reading import read_columns

__all__ = ["read_columns"]
