r"""How the site shows mathematics: as MathML, which browsers draw themselves, so that no page loads a script for it.

In a page it is the language ``math``, of a fenced block or in a line, as in `` `#!math \epsilon` ``.
"""

from typing import Any

from latex2mathml.converter import convert
from mkdocs.plugins import event_priority


@event_priority(100)
def on_config(config: Any) -> Any:
    """Let two extensions of Markdown write mathematics, before any plugin makes a reader of Markdown."""
    inline = {"name": "math", "class": "math", "format": _inline}
    fence = {"name": "math", "class": "math", "format": _block}
    config.mdx_configs.setdefault("pymdownx.inlinehilite", {})["custom_inline"] = [inline]
    config.mdx_configs.setdefault("pymdownx.superfences", {})["custom_fences"] = [fence]
    return config


def _inline(source: str, *_: object) -> str:
    return str(convert(source))


def _block(source: str, *_: object, **__: object) -> str:
    return f'<div class="md-typeset__scrollwrap">{convert(source, display="block")}</div>'
