"""What the site does with links that leave the documentation: the text stays, as the repository is not beside it."""

import re
from typing import Any


def on_page_markdown(markdown: str, page: Any, **_: object) -> str:
    """Return a page whose links all stay within the documentation."""
    above = "../" * (page.file.src_uri.count("/") + 1)
    return re.sub(rf"\[([^\]]*)\]\({re.escape(above)}[^)]*\)", r"\1", markdown)
