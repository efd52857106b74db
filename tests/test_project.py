"""What pyproject.toml says of the project is so: its version, what it requires, its extras, and what cites it."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import fedsz_privacy
from analysis.reporting.workers import PACKAGES

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
ROOMS = ("fedsz_privacy", "attacks", "analysis")
SOURCES = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}
WRITTEN = [*SOURCES, *(ROOT / "docs").rglob("*.md"), ROOT / "README.md", *(ROOT / "examples").rglob("*.md")]


def named(requirement: str) -> str:
    """Return the normalised name of a requirement, as the packaging specification has it."""
    name = re.match(r"[\w.-]+", requirement)
    assert name
    return re.sub(r"[-_.]+", "-", name.group()).lower()


REQUIRED = {named(each) for each in PROJECT["dependencies"]}
BROUGHT = {named(each) for extra, those in EXTRAS.items() if extra != "dev" for each in those}


def for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imported(node: ast.AST) -> Iterator[str]:
    """Yield the top-level modules that a tree imports when it runs."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            yield child.module.partition(".")[0]
        elif not for_types(child):
            yield from imported(child)


@pytest.fixture(scope="module")
def known() -> Mapping[str, list[str]]:
    """The distributions of each module that is installed."""
    return packages_distributions()


@pytest.fixture(scope="module")
def distributions(known) -> set[str]:
    """The distributions that the product imports."""
    modules = {name for tree in TREES.values() for name in imported(tree)} - set(ROOMS) - sys.stdlib_module_names
    return {named(known.get(module, [module])[0]) for module in modules}


def test_what_is_required_is_imported(distributions):
    assert distributions >= REQUIRED


def test_what_is_imported_is_required_or_an_extra(distributions):
    assert distributions - REQUIRED <= BROUGHT | {"flwr"}


def test_imports_are_found_within_functions_and_not_those_for_types():
    """Negative control of the two tests above."""
    tree = ast.parse("if TYPE_CHECKING:\n    import one\ndef f():\n    from two.three import four\nimport five.six")
    assert set(imported(tree)) == {"two", "five"}


def optional_calls() -> Iterator[tuple[ast.expr, ast.expr]]:
    for tree in TREES.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "optional":
                package, extra = node.args
                yield package, extra


def test_extras_that_calls_name_exist():
    literals = [extra.value for _, extra in optional_calls() if isinstance(extra, ast.Constant)]
    assert len(literals) > 10
    assert set(literals) <= set(EXTRAS)


def test_packages_that_calls_ask_for_come_with_their_extra(known):
    for package, extra in optional_calls():
        if isinstance(package, ast.Constant) and isinstance(extra, ast.Constant):
            brought = {named(each) for each in EXTRAS[str(extra.value)]}
            top = str(package.value).partition(".")[0]
            candidates = {named(top), *map(named, known.get(top, []))}
            # pyarrow comes with datasets, and dask with distributed.
            assert candidates & (brought | {"pyarrow", "dask"}), (package.value, extra.value)


def test_extras_that_workers_name_exist():
    assert set(PACKAGES) <= set(EXTRAS)


def test_extras_that_text_names_exist():
    text = "".join(path.read_text(encoding="utf-8") for path in WRITTEN)
    lists = re.findall(r"(?:fedsz-privacy|'\.)\[([\w,]+)\]", text)
    assert len(lists) > 3
    assert {extra for each in lists for extra in each.split(",")} <= set(EXTRAS)


def test_version_is_the_projects():
    assert fedsz_privacy.__version__ == PROJECT["version"]


def test_citation_is_of_this_version():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {PROJECT['version']}\n" in citation


def test_changelog_has_this_version_or_what_is_unreleased():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in changelog or f"## [{PROJECT['version']}]" in changelog
