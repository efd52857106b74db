import re

import pytest
from processes import left, marked

SIZES = """
rounds, epochs = 2, 2
coins = 300
"""
NUMBER = r"[-+]?[\d.]+"


def texts(notebook, kind):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output["data"][kind] for output in outputs if kind in output.get("data", {})]


def difference_in(cell):
    """Return a difference and its interval; one that rounds to zero says only how far from zero it reaches."""
    numbers = [float(each) for each in re.findall(NUMBER, cell)]
    return numbers if len(numbers) == 3 else [0, -numbers[0], numbers[0]]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_the_notebook_runs_an_app_and_its_answer_is_that_of_its_tables(run_notebook, monkeypatch, tmp_path):
    for package in ("flwr", "ray"):
        pytest.importorskip(package, reason=f"{package} is not installed: make test-flower")
    monkeypatch.setenv("STARTED_BY", str(tmp_path))
    notebook = run_notebook("recorded_run.ipynb", SIZES)
    assert left(marked, "STARTED_BY", str(tmp_path)) == []

    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    printed = "".join(output["text"] for output in outputs if output.get("name") == "stdout")
    assert not [output["text"] for output in outputs if output.get("name") == "stderr"]
    assert len(texts(notebook, "image/png")) == 3
    assert re.findall(r"^round (\d): updates of clients 0, 1, 2, 3$", printed, re.MULTILINE) == ["1", "2"]
    assert "audit holds this run, finished: nothing is computed again" in printed
    assert "- No epsilon lower bound: " in printed
    assert "client 0: 300 coins" in printed

    closing, bounds, answer = texts(notebook, "text/markdown")
    for release in ("fedsz:rel=1e-2", "fedsz:rel=3e-1"):
        said = next(line for line in answer.splitlines() if release in line)
        cells = next(line.split(" | ") for line in closing.splitlines() if line.startswith(f"| {release}"))
        assert cells[1] == "∞"
        assert said.endswith("*Guaranteed* is epsilon ∞.")
        stated = re.search(rf"AUC changes by ({NUMBER}) \[({NUMBER}), ({NUMBER})\]", said).groups()
        assert [float(each) for each in stated] == pytest.approx(difference_in(cells[3]), abs=6e-4)
        assert ("No change" in said) == (float(stated[1]) <= 0 <= float(stated[2]))
        assert float(re.search(rf"({NUMBER}) times fewer bytes", said)[1]) == pytest.approx(float(cells[6]), abs=0.06)
        bound = re.search(rf"\| 0 \| {release} \| 300 \| .* \| ({NUMBER}) \|", bounds)[1]
        assert f"no claim of an epsilon below {bound} could be true" in said
