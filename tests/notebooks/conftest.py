"""Execute a notebook at reduced sizes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SIZES = "sizes"


@pytest.fixture
def run_notebook() -> Callable[[str, str], Any]:
    """Run a notebook from top to bottom, with other source in its one cell tagged "sizes"; return the notebook."""
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")

    def run(name: str, sizes: str) -> Any:
        notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
        tagged = [cell for cell in notebook.cells if SIZES in cell.metadata.get("tags", [])]
        assert len(tagged) == 1, f"{name}: {len(tagged)} cells tagged {SIZES!r}, not 1"
        tagged[0].source = sizes
        resources = {"metadata": {"path": str(NOTEBOOKS)}}
        return nbclient.NotebookClient(notebook, timeout=900, resources=resources).execute()

    return run
