"""What every table of numbers and every report in a notebook must be."""

from html.parser import HTMLParser

import pandas as pd
from pandas.api.types import is_numeric_dtype

from analysis.studies.report import Report

VOID = {"br", "hr", "img", "input", "meta", "link"}


class Reader(HTMLParser):
    """Reads HTML, and fails where an element is closed that is not open."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open, self.names, self.text = [], set(), []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):  # noqa: ARG002
        self.names.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def require_tidy(report: Report) -> pd.DataFrame:
    """Return the frame of a report after checking it, and how a notebook shows the report."""
    frame = report.to_frame()
    for low in (name for name in frame.columns if name.endswith("_low")):
        name = low.removesuffix("_low")
        middle = name if name in frame else f"{name}_median"
        ends = frame[[low, middle, f"{name}_high"]].dropna()
        assert all(map(is_numeric_dtype, ends.dtypes))
        assert (ends.diff(axis=1).iloc[:, 1:] >= 0).all().all(), name
    for name in frame.columns:
        assert not frame[name].map(lambda cell: isinstance(cell, (list, dict, tuple))).any()
    typeset = frame.to_latex(index=False, escape=True)
    assert typeset.count(r"\toprule") == typeset.count(r"\bottomrule") == 1
    assert len(frame.to_csv(index=False).splitlines()) == 1 + len(frame)
    page = Reader(report._repr_html_())
    assert all(line in page.text for line in report.conclusion)
    assert not page.names & {"style", "script", "link"}
    return frame
