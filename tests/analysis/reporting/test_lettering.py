"""Names in figures, in as many lines as they need."""

import pytest
from matplotlib.figure import Figure

from analysis.reporting.lettering import name_rows
from analysis.reporting.style import COLUMN


def empty(width: float) -> Figure:
    return Figure(figsize=(width, 4), layout="constrained")


@pytest.mark.parametrize(("width", "lines"), [(COLUMN, 3), (10, 1)])
def test_a_long_name_is_broken_between_its_parts_where_there_is_little_room(width, lines):
    panel = empty(width).subplots()
    name_rows(panel, ["none", "gaussian:eps=8,clip=1+fedsz:abs=0.5sigma"])
    first, second = (label.get_text() for label in panel.get_yticklabels())
    assert first == "none"
    assert second.count("\n") + 1 == lines
    assert second.replace("\n", "") == "gaussian:eps=8,clip=1+fedsz:abs=0.5sigma"
