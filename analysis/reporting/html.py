"""A page as HTML that opens offline, laid out by a template that computes nothing."""

import base64
from collections.abc import Iterable, Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from analysis.reporting.glossary import explain, terms_in
from analysis.reporting.layout import breakable, layout, unbroken
from analysis.reporting.page import Lines, Page
from analysis.reporting.table import Table


def to_html(page: Page, pictures: Mapping[str, bytes], made: Mapping[str, str]) -> str:
    """Return a page of HTML.

    Parameters
    ----------
    page : Page
        The page.
    pictures : mapping of str to bytes
        PNGs by the name of their picture, which become part of the page.
    made : mapping of str to str
        When and by what it was made, as pairs of a term and what it was.
    """
    sources = {name: f"data:image/png;base64,{base64.b64encode(png).decode()}" for name, png in pictures.items()}
    template = _environment().get_template("page.html.j2")
    return template.render(page=page, sources=sources, made=made, glossary=terms_in(_words(page)))


def to_fragment(conclusion: Iterable[str], parts: Iterable[Table | Lines]) -> str:
    """Return a conclusion and the tables or sentences under it as a part of some page, such as a notebook.

    It has no style and no script of its own, so that it looks as its surroundings do.
    """
    return _environment().get_template("fragment.html.j2").render(conclusion=conclusion, parts=parts)


def _environment() -> Environment:
    environment = Environment(loader=PackageLoader("analysis", "reporting"), autoescape=True, undefined=StrictUndefined)
    environment.filters |= {"terms": _explained, "breakable": breakable, "layout": layout}
    return environment


def _explained(text: str) -> Markup:
    return unbroken(explain(text))


def _words(page: Page) -> str:
    """Return all words of a page."""
    shown = [*page.conclusion, *page.setting, *page.setting.values(), *(each.caption for each in page.pictures)]
    for part in page.body:
        if isinstance(part, Table):
            shown += [part.note, *part.columns, *(cell for row in part.rows for cell in row)]
        elif isinstance(part, Lines):
            shown += part.lines
    return "\n".join(shown)
