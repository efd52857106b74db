"""Every heading of a table that has an epsilon says at which delta."""

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCES = sorted((Path(__file__).parents[3] / "analysis").rglob("*.py"))


def headings(tree: ast.AST) -> Iterator[str]:
    """Yield the headings of all tables in a tree as they are written, with the names that f-strings put in."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Table":
            columns = [each.value for each in node.keywords if each.arg == "columns"]
            yield from (ast.unparse(part) for each in columns for part in _texts(each))


def _texts(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        yield node
    else:
        for child in ast.iter_child_nodes(node):
            yield from _texts(child)


def without_delta(tree: ast.AST) -> list[str]:
    return [each for each in headings(tree) if "epsilon" in each and "delta" not in each and "within" not in each]


def test_a_heading_with_an_epsilon_has_its_delta():
    """One that asks within which epsilon rounds stay names an epsilon that the user chose."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES]
    assert sum("epsilon" in each for tree in trees for each in headings(tree)) > 5
    assert [each for tree in trees for each in without_delta(tree)] == []


def test_a_heading_without_is_found():
    """Negative control."""
    tree = ast.parse("Table(columns=('defence', *((f'epsilon, {unit}',) if some else ()), 'epsilon at delta 0'))")
    assert without_delta(tree) == ["f'epsilon, {unit}'"]
