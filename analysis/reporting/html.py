"""A page as HTML that opens offline, laid out by a template that computes nothing."""

import base64
from collections.abc import Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined

from analysis.reporting.page import Page


def to_html(page: Page, pictures: Mapping[str, bytes]) -> str:
    """Return a page of HTML, with PNGs by the name of their picture, which become part of it."""
    environment = Environment(loader=PackageLoader("analysis", "reporting"), autoescape=True, undefined=StrictUndefined)
    sources = {name: f"data:image/png;base64,{base64.b64encode(png).decode()}" for name, png in pictures.items()}
    return environment.get_template("page.html.j2").render(page=page, sources=sources)
