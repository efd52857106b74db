"""Tables of a page in LaTeX, for which a paper loads booktabs and graphicx."""

import re

from analysis.reporting.table import Table

ESCAPED = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "`": r"\textasciigrave{}",
        **{special: f"\\{special}" for special in "&%$#_{}"},
        # A row that begins with one of these would be read as a part of the line break before it.
        "[": "{[}",
        "*": "{*}",
        "∞": r"$\infty$",
        "²": r"\textsuperscript{2}",
        "±": r"$\pm$",
        "≤": r"$\leq$",
        "≥": r"$\geq$",
        "→": r"$\rightarrow$",
    }
)
"""What stands for a character that LaTeX would read as a command, or that its text fonts lack."""

SENTENCE, WIDTH = 60, 0.45
"""Characters from which a cell is broken into lines, and how wide they are, in widths of the page."""

MINUS = re.compile(r"((?<![\w-])|(?<=\de))-(?=\.?\d)|(?<=\w )-(?= \S)")
"""A hyphen that is the sign of a number or of its exponent, or stands between two terms."""


def to_latex(table: Table) -> str:
    """Return a table as LaTeX across both columns of a page, rules as booktabs draws them, its note in the caption.

    One that is wider than the page is scaled down to it, by graphicx.
    """
    lines = [" & ".join(map(_text, row)) + r" \\" for row in table.rows]
    return "\n".join(
        [
            r"\begin{table*}",
            r"\centering",
            rf"\caption{{{_text(table.title)}. {_text(table.note)}}}",
            rf"\label{{tab:{label_of(table).replace('_', '-')}}}",
            # Classes that expect captions below tables leave no room between caption and rule.
            r"\smallskip",
            r"\resizebox{\ifdim\width>\textwidth\textwidth\else\width\fi}{!}{%",
            rf"\begin{{tabular}}{{{''.join(map(_alignment, zip(table.columns, *table.rows, strict=True)))}}}",
            r"\toprule",
            " & ".join(map(_heading, table.columns)) + r" \\",
            r"\midrule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}}",
            r"\end{table*}",
            "",
        ]
    )


def label_of(table: Table) -> str:
    """Return what names a table in a file's name: the words of its title in lower case, joined by underscores."""
    return "_".join(re.findall(r"[a-z0-9]+", table.title.lower()))


def _alignment(column: tuple[str, ...]) -> str:
    """Return how a column is set: sentences in lines of a width of their own, all else in one line."""
    return rf"p{{{WIDTH}\textwidth}}" if max(map(len, column)) > SENTENCE else "l"


def _text(text: str) -> str:
    escaped = MINUS.sub("$-$", " ".join(text.split()).translate(ESCAPED))
    # Two hyphens in a row, as before an option, would be drawn as a dash.
    return re.sub("-(?=-)", "-{}", escaped)


def _heading(heading: str) -> str:
    """Return a heading in as many lines as it has."""
    lines = [_text(line) for line in heading.split("\n")]
    stacked = r" \\ ".join(lines)
    return rf"\shortstack[l]{{{stacked}}}" if len(lines) > 1 else stacked
