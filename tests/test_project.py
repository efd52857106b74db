"""What pyproject.toml says of the project is so: its version, what it requires, its extras, and what cites it."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest

import fedsz_privacy
from analysis.reporting.workers import PACKAGES

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
ROOMS = ("fedsz_privacy", "attacks", "analysis")
SOURCES = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
WRITTEN = [*SOURCES, *(ROOT / "docs").rglob("*.md"), ROOT / "README.md", *(ROOT / "examples").rglob("*.md")]


def named(requirement: str) -> str:
    """Return the normalised name of a requirement, as the packaging specification has it."""
    name = re.match(r"[\w.-]+", requirement)
    assert name
    return re.sub(r"[-_.]+", "-", name.group()).lower()


@cache
def trees() -> list[ast.Module]:
    """Return what each source says."""
    return [ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES]


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
    modules = {name for tree in trees() for name in imported(tree)} - set(ROOMS) - sys.stdlib_module_names
    return {named(known.get(module, [module])[0]) for module in modules}


@pytest.mark.slow
def test_what_is_required_is_imported(distributions):
    assert distributions >= REQUIRED


def test_what_is_imported_is_required_or_an_extra(distributions):
    assert distributions - REQUIRED <= BROUGHT | {"flwr"}


def test_imports_are_found_within_functions_and_not_those_for_types():
    """Negative control of the two tests above."""
    tree = ast.parse("if TYPE_CHECKING:\n    import one\ndef f():\n    from two.three import four\nimport five.six")
    assert set(imported(tree)) == {"two", "five"}


def asked_for() -> Iterator[tuple[str, str]]:
    """Yield the top-level module and the extra of each call of ``optional``, those by the names of workers too."""
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "optional":
                package, extra = node.args
                if isinstance(extra, ast.Constant):
                    yield beginning(package).partition(".")[0], str(extra.value)
    yield from ((package, extra) for extra, package in PACKAGES.items())


def beginning(text: ast.expr) -> str:
    """Return a string literal, or what an f-string begins with."""
    first = text.values[0] if isinstance(text, ast.JoinedStr) else text
    assert isinstance(first, ast.Constant)
    return str(first.value)


def brought_by(extra: str) -> set[str]:
    """Return the distributions that an extra brings: those it names, and what these require themselves."""
    direct = {named(each) for each in EXTRAS[extra]}
    return direct | {named(each) for name in direct for each in required_by(name) if "extra ==" not in each}


def required_by(distribution: str) -> list[str]:
    try:
        return requires(distribution) or []
    except PackageNotFoundError:  # of an extra that is not installed
        return []


def test_extras_that_calls_name_exist():
    extras = [extra for _, extra in asked_for()]
    assert len(extras) > 10
    assert set(extras) <= set(EXTRAS)


def test_packages_that_calls_ask_for_come_with_their_extra(known):
    for module, extra in asked_for():
        distributions = {named(module), *map(named, known.get(module, []))}
        assert distributions & brought_by(extra), (module, extra)


def test_packages_that_are_required_are_in_no_extra_and_asked_for_by_no_call(known):
    assert not BROUGHT & REQUIRED
    for module, extra in asked_for():
        assert not {named(each) for each in known.get(module, [module])} & REQUIRED, (module, extra)


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
