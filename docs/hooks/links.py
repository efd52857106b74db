"""What the site does with links that leave the documentation.

Notebooks have pages here; of any other link the text stays, as the repository is not beside the site.
"""

import re
from typing import Any


def on_page_markdown(markdown: str, page: Any, **_: object) -> str:
    """Return a page whose links all stay within the documentation."""
    up = "../" * page.file.src_uri.count("/")
    markdown = re.sub(rf"\]\({re.escape(up)}\.\./notebooks/(\w+)\.ipynb\)", rf"]({up}notebooks/\1.md)", markdown)
    return re.sub(rf"\[([^\]]*)\]\({re.escape(up)}\.\./[^)]*\)", r"\1", markdown)
