"""Rows of the README's tables, to the digits that hold on other processors, of runs such as ``audit --seeds 0-4``.

Run with: python benchmarks/readme_table.py FOLDER
"""

import json
import sys
from collections.abc import Iterator, Sequence
from math import floor
from pathlib import Path
from statistics import median_low
from typing import Any

from analysis.reporting.numbers import as_upper_bound, significant

ANY = "any mechanism"
"""Of the bounds by canaries, the table has those on any mechanism, which compare across defences."""


def mean(found: dict[str, Any], digits: str) -> str:
    """Return a mean with its interval; without one where these digits do not show it."""
    value, low, high = (format(found[part], digits) for part in ("value", "low", "high"))
    return f"{value} [{low}, {high}]" if low != high else value


def median(values: Sequence[float]) -> str:
    """Return the lower median of what each run proves, with the range, rounded down; alone where all prove the same."""
    middle, low, high = (f"{floor(10 * of(values)) / 10:.1f}" for of in (median_low, min, max))
    return f"{middle} ({low} to {high})" if low != high else middle


def as_if(found: list[dict[str, float] | None]) -> str:
    """Return the median of the runs, and the range of their pairs of neighbours, to one digit."""
    described = [each for each in found if each]
    if not described:
        return "-"
    low, high = (
        of([each[f"laplace_epsilon_{end}"] for each in described]) for of, end in ((min, "low"), (max, "high"))
    )
    middle = median_low(each["laplace_epsilon"] for each in described)
    return f"{significant(middle, 1)} ({significant(low, 1)} to {significant(high, 1)})"


def rows(results: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield one row for each defence."""
    for found in results["defences"]:
        epsilon, records = found["guarantee"]["epsilon"], found["strongest"]["records"]
        by_design = [bounds for bounds in found["canary_bounds"] if bounds[0]["rejects"].startswith(ANY)]
        canaries = [each["bound"]["epsilon"] for bounds in by_design[:1] for each in bounds]
        ratio = found["ratio"]
        yield (
            f"`{found['name']}`",
            "∞" if epsilon == "inf" else as_upper_bound(epsilon),
            as_if(found["as_if"]),
            median(found["epsilon_lower_bounds"]),
            *([median(canaries)] if canaries else []),
            mean(records["auc"]["mean"], ".2f"),
            mean(found["strongest"]["most vulnerable records"]["auc"]["mean"], ".2f"),
            mean(records["tpr at fpr 0.001"]["mean"], ".1g"),
            mean(ratio, ".1f" if 1 < ratio["value"] < 20 else ".0f"),
            mean(found["performance"], ".2f"),
        )


def main() -> None:
    """Print the rows."""
    for row in rows(json.loads((Path(sys.argv[1]) / "results.json").read_text())):
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
