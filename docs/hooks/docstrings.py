"""What the API pages make of a docstring: names become links, and mathematics is drawn.

A docstring is in numpydoc's dialect of reStructuredText, the site in Markdown. Names in single backticks are sought in
the scope that they stand in, then among the objects of the API pages.
"""

import re
from pathlib import Path
from textwrap import dedent

import griffe

SHOWN = re.compile(r"^::: (\S+)$", re.MULTILINE)
REFERENCE = re.compile(r"(?<![`:\w])`([A-Za-z_][\w.]*)`(?!`)")
MATHEMATICS = re.compile(r":math:`([^`]+)`")
PARAMETERS = re.compile(r"^(\w+(?:, \w+)*) : (.+)\n((?: {4}.*\n|\n(?= {4}))*)", re.MULTILINE)
DISPLAYED = re.compile(r"^\.\. math::((?: .*)?\n(?:(?: .*)?\n)*)", re.MULTILINE)


class Docstrings(griffe.Extension):
    """Rewrites every docstring that it meets."""

    def __init__(self) -> None:
        pages = (Path(__file__).parents[1] / "api").glob("*.md")
        paths = [path for page in pages for path in SHOWN.findall(page.read_text())]
        self.shown = {path.rpartition(".")[-1]: path for path in paths}

    def on_object(self, *, obj: griffe.Object, **_: object) -> None:
        """Rewrite the docstring of an object."""
        if obj.docstring is not None:
            obj.docstring.value = self.rewritten(obj.docstring.value + "\n", obj).rstrip()

    def on_attribute_instance(self, *, attr: griffe.Attribute, **_: object) -> None:
        """Let a field of a question stand with its default alone, without the words that its option has."""
        value = attr.value
        if isinstance(value, griffe.ExprCall) and str(value.function) == "option":
            first = value.arguments[0]
            attr.value = first.value if isinstance(first, griffe.ExprKeyword) else first

    def rewritten(self, text: str, scope: griffe.Object) -> str:
        """Return a docstring in Markdown."""
        text = PARAMETERS.sub(_one_by_one, text)
        text = DISPLAYED.sub(lambda found: f"```math\n{dedent(found[1]).strip()}\n```\n\n", text)
        text = MATHEMATICS.sub(lambda found: f"`#!math {' '.join(found[1].split())}`", text)
        return REFERENCE.sub(lambda found: self.linked(found[1], scope), text)

    def linked(self, name: str, scope: griffe.Object) -> str:
        """Return a name as a link, if an API page shows its object, and as code if none does."""
        first, dot, rest = name.partition(".")
        try:
            path = scope.resolve(first) + dot + rest
        except griffe.NameResolutionError:
            path = self.shown.get(name, name)
        return f'<autoref identifier="{path}" optional>`{name}`</autoref>'


def _one_by_one(found: re.Match[str]) -> str:
    """Return each of the parameters that share a line by itself: griffe gives all of them the first one's default."""
    names, kind, text = found.groups()
    return "".join(f"{name} : {kind.replace('``', '')}\n{text}" for name in names.split(", "))
