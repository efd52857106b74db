"""The errors' seeds are fixed; a check refuses an exact error in at most 1 of 1,000 runs, by Bonferroni."""

import re

import pytest

SIZES = """
spec = AuditSpec(rounds=1)
count = 1
dots = 500
"""


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_the_notebook_runs_and_its_numbers_say_what_its_words_say(run_notebook):
    notebook = run_notebook("mechanisms.ipynb", SIZES)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    printed = "".join(output["text"] for output in outputs if output.get("name") == "stdout")
    assert not [output["text"] for output in outputs if output.get("name") == "stderr"]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 7

    def numbers(pattern):
        return [tuple(map(float, each)) for each in re.findall(pattern, printed, re.MULTILINE)]

    pooled = numbers(r"KS distance to: laplace (\S+), normal (\S+), uniform (\S+), mixture of the known widths (\S+)$")
    assert len(pooled) == 3
    assert all(max(laplace, normal) < uniform / 2 for laplace, normal, uniform, _ in pooled)
    assert pooled[0][3] < min(pooled[0][:3])

    *compressed, (dithered, _) = numbers(r"R²\(e\|x\) (\S+), values that differ \S+ advantage (\S+) ")
    assert all(explained > 0.95 and advantage == 1 for explained, advantage in compressed)
    assert abs(dithered) < 0.02
    assert re.search(r"^fedsz:abs=\S+ guarantees epsilon ∞", printed, re.MULTILINE)

    (plain, _), (dither, _) = numbers(r"^(?:fedsz|dither):abs=\S+ +(\S+) times smaller, R²\(e\|x\) (\S+)$")
    assert dither > 0.95 * plain
    stated = re.findall(r"epsilon (\S+) at delta 0.6, (\S+) at delta 0.06, (\S+) at delta 0.006;", printed)
    assert stated == [("0", "inf", "inf"), ("0", "0", "inf"), ("0", "0", "0")]

    assert "errors between edges that the server knows: 100.0%" in printed
    assert re.findall(r"server=8,clip=\S+ guarantees epsilon (\S+) against", printed) == ["8", "1"]
    _, (smaller, variance) = numbers(r"guarantees epsilon 8; +(\S+) times smaller, error variance (\S+) sigma²")
    assert smaller > 12
    assert variance < 1.10

    control, *exact = re.findall(r"^(\S+)(?: \(control\))? .*  (exact|refused)\b", printed, re.MULTILINE)
    assert control[1] == "refused"
    assert [verdict for _, verdict in exact] == ["exact"] * 6

    final = [output["data"]["text/markdown"] for output in outputs if "text/markdown" in output.get("data", {})][-1]
    nothing = "nothing"
    assert re.findall(r"^\| \S+:\S+ \| (\S+) \| (\S+) \|", final, re.MULTILINE) == [
        (nothing, nothing),  # fedsz
        (nothing, nothing),  # dither
        (nothing, "8"),  # layered-laplace
        (nothing, "8"),  # layered-gaussian
        ("8", "1"),  # layered-gaussian in two tiers
        ("8", "8"),  # gaussian+fedsz
        ("2", "2"),  # staircase
    ]
