"""The notebooks as pages, with the outputs that they are kept with; nothing is run."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from mkdocs.structure.files import File
from nbconvert import MarkdownExporter

HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
SECTION = re.compile(r"^(?=##+ )", re.MULTILINE)
FIGURE = re.compile(r"!\[png\]\((\S+)\)")
LINK = re.compile(r"\]\((\S+)\)")


def on_files(files: Any, config: Any) -> Any:
    """Add a page for each notebook, and its figures."""
    for path in sorted((Path(config.config_file_path).parent / "notebooks").glob("*.ipynb")):
        for name, content in _rendered(path):
            files.append(File.generated(config, f"notebooks/{name}", content=content))
    return files


def _rendered(path: Path) -> Iterator[tuple[str, str | bytes]]:
    text, resources = MarkdownExporter().from_notebook_node(_read(path), {"unique_key": path.stem})
    yield from resources["outputs"].items()
    described = "".join(_described(section) for section in SECTION.split(text))
    yield f"{path.stem}.md", LINK.sub(lambda link: f"]({_moved(link[1])})", described)


def _read(path: Path) -> Any:
    """Return a notebook whose outputs have no headings, which would cut the page, and scroll where they are wide."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["language_info"] = {"name": "python"}
    for shown in [output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", ())]:
        if "text/markdown" in shown:
            shown["text/markdown"] = HEADING.sub(r"**\1**", shown["text/markdown"])
        if "text/html" in shown:
            shown["text/html"] = f'<div class="md-typeset__scrollwrap">\n{shown["text/html"]}\n</div>'
    return notebook


def _described(section: str) -> str:
    """Return a section whose figures open by themselves at a click, and have its heading as their alternative text."""
    heading = section.partition("\n")[0].lstrip("# ")
    return FIGURE.sub(lambda figure: f"[![Figure: {heading}]({figure[1]})]({figure[1]})", section)


def _moved(link: str) -> str:
    """Return a link as it reads from the folder that the site has notebooks in."""
    if link.startswith("../"):
        return link.replace("../docs/", "../", 1) if link.startswith("../docs/") else f"../{link}"
    return re.sub(r"\.ipynb$", ".md", link)
