"""A page as HTML that opens offline, laid out by a template that computes nothing."""

import base64
from collections.abc import Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined

from analysis.reporting.glossary import explain, terms_in
from analysis.reporting.page import Page
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
    environment = Environment(loader=PackageLoader("analysis", "reporting"), autoescape=True, undefined=StrictUndefined)
    environment.filters["terms"] = explain
    sources = {name: f"data:image/png;base64,{base64.b64encode(png).decode()}" for name, png in pictures.items()}
    template = environment.get_template("page.html.j2")
    return template.render(page=page, sources=sources, made=made, glossary=terms_in(_words(page)))


def _words(page: Page) -> str:
    """Return the words of a page that terms are explained in."""
    tables = [part for part in page.body if isinstance(part, Table)]
    shown = [each for table in tables for each in (table.note, *table.columns)]
    return "\n".join([*page.conclusion, *(picture.caption for picture in page.pictures), *shown])
