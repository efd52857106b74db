import pytest

SIZES = """
default = AuditSpec(defences=RELEASES, trials=24, candidates=40, clients=3, client_records=60, rounds=2)
canaries = ("mislabelled:3", "outlier:3", "duplicated:3")
small = AuditSpec(
    defences=(NONE, FINE), signals=("lira",), trials=10, candidates=30, clients=3, client_records=20, rounds=1,
    epochs=2,
)
rounds = 2
"""


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_the_notebook_runs_from_top_to_bottom(run_notebook):
    notebook = run_notebook("membership.ipynb", SIZES)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 9
    assert not [output for output in outputs if output.get("name") == "stderr"]
