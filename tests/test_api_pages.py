"""The API pages show every public name, and what docstrings refer to exists; read off the sources, with no builder."""

import ast
import pydoc
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("fedsz_privacy", "attacks", "analysis")
    for path in (ROOT / package).rglob("*.py")
}
SHOWN = [
    name
    for page in sorted((ROOT / "docs" / "api").glob("*.md"))
    for name in re.findall(r"^::: (\S+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
]
MATHEMATICS = re.compile(r":math:`[^`]*`")
REFERENCE = re.compile(r"(?<!`)`([^`]+)`(?!`)")


@cache
def tree_of(module):
    return ast.parse(SOURCES[module].read_text(encoding="utf-8"))


def defined(body):
    """Return the names that the statements of a module or class define."""
    names = {node.name for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    names |= {node.target.id for node in body if isinstance(node, ast.AnnAssign)}
    targets = [node for each in body if isinstance(each, ast.Assign) for node in ast.walk(each)]
    return names | {node.id for node in targets if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


@cache
def imported(module):
    """Return where each name that a module imports comes from, those for the type checker alone included."""
    nodes = [node for node in ast.walk(tree_of(module)) if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name: f"{node.module}.{alias.name}" for node in nodes for alias in node.names}


def home(name):
    """Return the path of the definition that a public path leads to."""
    module, _, last = name.rpartition(".")
    origin = imported(module).get(last) if module in SOURCES else None
    return home(origin) if origin else name


def exported():
    """Return the path of every name in the ``__all__`` of a package."""
    for module, path in SOURCES.items():
        if path.name == "__init__.py":
            for node in tree_of(module).body:
                if isinstance(node, ast.Assign) and node.targets[0].id == "__all__":
                    yield from (f"{module}.{name}" for name in ast.literal_eval(node.value))


def advised():
    """Return the path of every name of ours that a block of Python in the documentation imports."""
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            for node in ast.walk(ast.parse(block)):
                if isinstance(node, ast.ImportFrom) and node.module in SOURCES:
                    yield from (f"{node.module}.{alias.name}" for alias in node.names)


def drawing():
    """Return the path of every function that draws a study's figure where a caller wants it."""
    for module in SOURCES:
        functions = [node for node in tree_of(module).body if isinstance(node, ast.FunctionDef)]
        for node in functions:
            given = {each.arg for each in node.args.args}
            if module.startswith("analysis.studies") and node.name[0] != "_" and given & {"ax", "figure"}:
                yield f"{module}.{node.name}"


@pytest.mark.parametrize("name", sorted({*exported(), *advised(), *drawing()}))
def test_a_public_name_is_on_an_api_page(name):
    assert home(name) in {home(shown) for shown in SHOWN}


def test_no_name_is_shown_twice():
    homes = [home(shown) for shown in SHOWN]
    assert sorted(homes) == sorted(set(homes))


def documented(module):
    """Return each docstring of a module with the names that its class, if it has one, defines."""
    scopes = [(tree_of(module), frozenset())]
    for scope, members in scopes:
        own = defined(scope.body) if isinstance(scope, ast.ClassDef) else members
        texts = [node.value.value for node in scope.body if isinstance(node, ast.Expr) and is_text(node.value)]
        yield from ((text, own) for text in texts)
        scopes += [(node, own) for node in scope.body if isinstance(node, ast.ClassDef | ast.FunctionDef)]


def is_text(value):
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


@cache
def anywhere():
    """Return the names that one module alone has, or defines."""
    names = ({module.rpartition(".")[-1]} | defined(tree_of(module).body) for module in SOURCES)
    found = Counter(name for own in names for name in own)
    return {name for name, times in found.items() if times == 1}


def leads_somewhere(name, module, members):
    within = [each for each in SOURCES if name.startswith(f"{each}.")]
    if within:
        name, module = name.removeprefix(f"{max(within, key=len)}."), max(within, key=len)
    near = members | defined(tree_of(module).body) | set(imported(module))
    return name.partition(".")[0] in near | anywhere() or name in SOURCES or pydoc.locate(name) is not None


def dangling(module):
    for text, members in documented(module):
        names = REFERENCE.findall(MATHEMATICS.sub("", text))
        yield from (f"{module}: {name}" for name in names if not leads_somewhere(name, module, members))


def test_names_in_docstrings_exist():
    assert [name for module in SOURCES for name in dangling(module)] == []


def test_a_name_that_does_not_exist_is_found():
    assert not leads_somewhere("no_such_name", "analysis", frozenset())
    assert leads_somewhere("fit_noise", "attacks", frozenset())
    assert len(SHOWN) > 100
