"""Tables in LaTeX: what a reader of LaTeX gets back is the table."""

import re
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.reporting.latex import label_of, to_latex
from analysis.reporting.table import Table
from analysis.studies.audit.report import make_page

SPECIAL = "&%$#_{}"
COMMANDS = {
    "textbackslash": "\\",
    "textasciitilde": "~",
    "textasciicircum": "^",
    "textless": "<",
    "textgreater": ">",
    "textbar": "|",
    "textasciigrave": "`",
}
GROUPED = {"{[}": "[", "{*}": "*", "-{}": "-", "$-$": "-"}
HOSTILE = r"a_b & 50% of $x$ #1 {y} \input{/etc/passwd} ~^ < > [0.1, 0.2] --seeds R(e|x) `a' * \\"


def read(cell: str) -> str:
    """Return what a cell of LaTeX shows, and fail on a command that no escape makes."""
    shown, at = "", 0
    while at < len(cell):
        if cell[at : at + 3] in GROUPED:
            shown, at = shown + GROUPED[cell[at : at + 3]], at + 3
        elif cell[at] == "\\" and cell[at + 1] in SPECIAL:
            shown, at = shown + cell[at + 1], at + 2
        elif cell[at] == "\\":
            named = re.match(r"\\([a-z]+)\{\}", cell[at:])
            assert named, cell[at:]
            shown, at = shown + COMMANDS[named.group(1)], at + named.end()
        else:
            assert cell[at] not in SPECIAL + "*[`|<>~^", cell[at:]
            assert not cell.startswith("--", at), cell[at:]
            shown, at = shown + cell[at], at + 1
    return shown


def body(table: Table) -> list[list[str]]:
    """Return the cells between the rules, as LaTeX."""
    _, rows, _ = re.split(r"\\midrule\n|\\bottomrule", to_latex(table))
    return [re.split(r"(?<!\\) & ", row.removesuffix(r" \\")) for row in rows.splitlines()]


printable = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1).map(lambda s: f"x{s.strip()}x")


@settings(derandomize=True, max_examples=300)
@given(st.lists(st.tuples(printable, printable), min_size=1, max_size=3))
def test_cells_are_read_as_they_were_written(rows):
    table = Table("A table", "A note.", ("defence", "AUC"), rows)
    assert [[read(cell) for cell in row] for row in body(table)] == [[" ".join(c.split()) for c in row] for row in rows]


def test_a_hostile_name_is_text():
    (cells,) = body(Table("A table", HOSTILE, ("defence", HOSTILE), [(HOSTILE, "1")]))
    assert read(cells[0]) == HOSTILE
    assert r"\input" not in to_latex(Table("A table", HOSTILE, (HOSTILE,), [(HOSTILE,)]))


def test_a_sign_is_a_minus_and_a_hyphen_stays_one():
    row = ("-0.2 [-.5, 0.1]", "fedsz:rel=1e-2", "one-run", "v-2", "--seeds", "1 - prod(1 - (x))", "-")
    (cells,) = body(Table("A table", "", tuple("abcdefg"), [row]))
    assert cells == [
        "$-$0.2 {[}$-$.5, 0.1]",
        "fedsz:rel=1e$-$2",
        "one-run",
        "v-2",
        "-{}-seeds",
        "1 $-$ prod(1 $-$ (x))",
        "-",
    ]


def test_sentences_are_broken_into_lines_and_numbers_are_not():
    table = Table("A table", "", ("defence", "why"), [("none", "it is what it is, " * 9), ("fedsz:rel=1e-2", "so")])
    assert r"\begin{tabular}{lp{0.45\textwidth}}" in to_latex(table)
    assert r"\begin{tabular}{ll}" in to_latex(Table("A table", "", ("a", "b"), []))


DOCUMENT = r"""\documentclass[twocolumn]{article}
\usepackage{booktabs,graphicx}
\begin{document}
\input{tables}
\end{document}
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex: apt-get install texlive-latex-recommended")
def test_tex_sets_every_table_within_the_page(tmp_path, small_report):
    """All tables of a page, one of hostile cells, and one too wide for the page; no box is wider than it is given."""
    tables = [part for part in make_page(small_report).body if isinstance(part, Table)]
    odd = [(HOSTILE, "[1]"), ("[0, 1] ±∞²≤≥→", ""), ("*", "-")]
    tables += [Table("T & 50%", HOSTILE, (HOSTILE, "a\nb"), odd), Table("Wide", "", ("heading",) * 40, [("1.0",) * 40])]
    (tmp_path / "tables.tex").write_text("\n".join(map(to_latex, tables)), encoding="utf-8")
    (tmp_path / "paper.tex").write_text(DOCUMENT, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stdout[-2000:]
    assert len(tables) > 5
    assert "Overfull" not in ran.stdout


def test_a_reader_of_latex_refuses_what_is_not_escaped():
    """Negative control."""
    with pytest.raises(AssertionError):
        read(HOSTILE)


def test_a_table_has_rules_a_label_and_headings_of_several_lines():
    table = Table("What each defence gives away", "A note.", ("defence", "measured\nAUC"), [("none", "∞")])
    written = to_latex(table)
    assert [written.count(rule) for rule in (r"\toprule", r"\midrule", r"\bottomrule")] == [1, 1, 1]
    assert r"\shortstack[l]{measured \\ AUC}" in written
    assert r"none & $\infty$ \\" in written
    assert r"\label{tab:what-each-defence-gives-away}" in written
    assert label_of(table) == "what_each_defence_gives_away"
    assert written.count("{") == written.count("}")
