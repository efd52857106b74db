"""Every heading of a table, and every signal and adversary, has its term in docs/glossary.md or docs/method.md."""

import ast
import re
from pathlib import Path

import pytest

from attacks import ADVERSARIES, ALL_SIGNALS

ROOT = Path(__file__).parents[1]
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
METHOD = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
MARKED = re.findall(r"\*\*?([^*]+)\*\*?", GLOSSARY)
TERMS = {term for marked in MARKED for term in " ".join(marked.lower().split()).split(", ")}
PLAIN = {"why"}


def words_of(element):
    """Return what a heading says, without what is filled in."""
    formatted = [node for node in ast.walk(element) if isinstance(node, ast.JoinedStr)]
    parts = formatted[0].values if formatted else [element]
    words = " ".join(part.value for part in parts if isinstance(part, ast.Constant))
    return " ".join(words.lower().split())


def headings():
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "analysis").rglob("*.py"))
    calls = (node for source in sources if "columns=" in source for node in ast.walk(ast.parse(source)))
    tuples = [node.value.elts for node in calls if isinstance(node, ast.keyword) and node.arg == "columns"]
    return sorted({words_of(each) for elements in tuples for each in elements} - {""} - PLAIN)


def test_there_are_headings_of_every_study():
    assert {"compressor", "overhead", "atom at 0", "minimum detectable difference"} <= set(headings())


@pytest.mark.parametrize("heading", headings())
def test_a_heading_has_its_term(heading):
    assert any(re.search(rf"(?<!\w){re.escape(term)}s?(?!\w)", heading) for term in TERMS)


@pytest.mark.parametrize("name", [*ALL_SIGNALS, *ADVERSARIES])
def test_every_signal_and_adversary_is_described(name):
    assert f"`{name}`" in METHOD
