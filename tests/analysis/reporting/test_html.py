"""What a notebook shows of a report."""

from tidy import Reader

from analysis.reporting.html import to_fragment
from analysis.reporting.page import Lines
from analysis.reporting.table import Table

HOSTILE = '</td><script>alert(1)</script><img src=x onerror=alert(1)> & "quoted"'


def test_a_hostile_name_is_text():
    table = Table(HOSTILE, HOSTILE, ("defence", HOSTILE), [(HOSTILE, HOSTILE)])
    html = to_fragment([HOSTILE], [table, Lines(HOSTILE, (HOSTILE,))])
    shown = Reader(html)
    assert not shown.names & {"script", "img", "style"}
    # The conclusion; title, heading and two cells of the table; title and line of the sentences.
    assert shown.text.count(HOSTILE) == 7


def test_a_reader_of_html_sees_what_is_not_escaped():
    """Negative control."""
    assert "script" in Reader("<p><script>alert(1)</script></p>").names


def test_rows_and_columns_are_told_by_their_headings():
    html = to_fragment(["it leaks"], [Table("A table", "", ("defence", "AUC"), [("none", "0.6")])])
    assert html.count('scope="col"') == 2
    assert html.count('scope="row"') == 1
