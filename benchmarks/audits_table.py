"""Tables of the runs that audits.sh left in a folder: leakage by adversary and data set, and of groups of records.

Run with: python benchmarks/audits_table.py [RUNS]
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from analysis.methods.leakage.detectable import Estimate
from analysis.reporting.numbers import as_lower_bound, interval
from analysis.reporting.table import to_markdown
from analysis.studies.audit.measure import RECORDS, VULNERABLE

COLUMNS = (
    "data, model", "adversary, rounds", "defence", "guaranteed ε", "ε lower bound (95%)", "signal", "AUC",
    "AUC, most vulnerable", "TPR at FPR 0.001", "ratio", "accuracy",
)  # fmt: skip
GROUP_COLUMNS = ("defence", "group", "non-members", "AUC", "TPR at FPR 0.1", "TPR at FPR 0.01", "TPR at FPR 0.001")


def tpr(leakage: dict[str, Any], rate: str) -> str:
    """Return the true positive rate at a rate that the run resolves."""
    found = leakage["tpr_at_fpr"].get(rate)
    return interval(Estimate(**found)) if found else f"not resolvable with n = {leakage['non_members']:,}"


def rows(results: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield one row for each defence of a run."""
    spec = results["spec"]
    for release in results["defences"]:
        epsilon = release["guarantee"]["epsilon"]
        average, exposed = release["strongest"][RECORDS], release["strongest"][VULNERABLE]
        yield (
            f"{Path(spec['data']).name}, {spec['model']}",
            f"{spec['adversary']}, {spec['target_rounds']}",
            f"`{release['name']}`",
            "∞" if epsilon == "inf" else f"{epsilon:.3g}",
            as_lower_bound(release["epsilon_lower_bound"]["epsilon"]),
            results["strongest_signal"],
            interval(Estimate(**average["auc"])),
            interval(Estimate(**exposed["auc"])),
            tpr(average, "0.001"),
            f"{release['ratio']:.4g}",
            f"{release['performance']:.3f}",
        )


def group_rows(results: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield one row for each defence and group of records of a run."""
    for release in results["defences"]:
        for group, found in release["strongest"].items():
            rates = (tpr(found, rate) for rate in ("0.1", "0.01", "0.001"))
            yield (
                f"`{release['name']}`",
                group,
                f"{found['non_members']:,}",
                interval(Estimate(**found["auc"])),
                *rates,
            )


def main() -> None:
    """Print both tables."""
    runs = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/audits")
    found = {path.parent.name: json.loads(path.read_text()) for path in sorted(runs.glob("*/results.json"))}
    canaries = found.pop("canaries")
    print(to_markdown(COLUMNS, (row for results in found.values() for row in rows(results))), end="\n\n")
    print(to_markdown(GROUP_COLUMNS, group_rows(canaries)))


if __name__ == "__main__":
    main()
