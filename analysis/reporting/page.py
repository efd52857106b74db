"""One page that opens offline: tables and pictures laid out by a template that computes nothing."""

import base64
import io
from collections.abc import Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.figure import Figure


def render_page(template: str, pictures: Mapping[str, tuple[bytes, str]], **content: object) -> str:
    """Return a page of HTML.

    Parameters
    ----------
    template : str
        A file under ``analysis`` that extends ``reporting/page.html.j2``.
    pictures : mapping of str to (bytes, str)
        PNGs with their captions; they become part of the page.
    **content : object
        What else the template lays out; ``title``, ``question`` and ``setting`` among it.
    """
    environment = Environment(loader=PackageLoader("analysis", "."), autoescape=True, undefined=StrictUndefined)
    figures = {
        name: (f"data:image/png;base64,{base64.b64encode(png).decode()}", caption)
        for name, (png, caption) in pictures.items()
    }
    return environment.get_template(template).render(figures=figures, **content)


def to_png(figure: Figure) -> bytes:
    """Return a figure as a PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
