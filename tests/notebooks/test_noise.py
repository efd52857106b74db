from pathlib import Path

import pytest

from fedsz_privacy import InputError
from fedsz_privacy.data.names import EFFICIENTNET
from fedsz_privacy.data.weights import load_weights

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "noise.ipynb"
SMALLER = {
    "weights = load_weights(EFFICIENTNET)\n": "weights = load_weights(EFFICIENTNET)\n"
    "weights = dict(list(weights.items())[:60]) | {'_fc.weight': weights['_fc.weight'][:50]}\n",
    "spec = AuditSpec(rounds=3)\n": "spec = AuditSpec(rounds=1)\n",
    "neighbour_pairs(game, 4)\n": "neighbour_pairs(game, 1)\n",
}
"""Lines of the notebook, and what the test runs in their place."""


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
    for line, smaller in SMALLER.items():
        (cell,) = [cell for cell in notebook.cells if line in cell.source]
        cell.source = cell.source.replace(line, smaller)
    nbclient.NotebookClient(notebook, timeout=900, resources={"metadata": {"path": str(NOTEBOOK.parent)}}).execute()
    pictures = [
        output for cell in notebook.cells for output in cell.get("outputs", []) if "image/png" in output.get("data", {})
    ]
    assert len(pictures) == 4
