from pathlib import Path

import pytest

from fedsz_privacy import InputError
from fedsz_privacy.data.weights import EFFICIENTNET, load_weights

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "noise.ipynb"


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_the_notebook_runs_from_top_to_bottom():
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    for package in ("ipykernel", "hdf5plugin", "zfpy"):
        pytest.importorskip(package)
    try:
        load_weights(EFFICIENTNET)
    except InputError as missing:
        pytest.skip(str(missing))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(notebook, timeout=900, resources={"metadata": {"path": str(NOTEBOOK.parent)}}).execute()
    pictures = [
        output for cell in notebook.cells for output in cell.get("outputs", []) if "image/png" in output.get("data", {})
    ]
    assert len(pictures) == 4
