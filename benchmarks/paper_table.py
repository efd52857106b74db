"""One table of the runs that paper.sh left in a folder: accuracy lost, ratio, overhead, and when compressing pays.

Run with: python benchmarks/paper_table.py [RUNS] > docs/paper/table.md
"""

import json
import sys
from pathlib import Path

from analysis.methods.guarantee import Guarantee
from analysis.reporting.numbers import signed
from analysis.reporting.table import to_markdown
from analysis.studies.federation.found import FederationReport, RoundRow
from analysis.studies.federation.spec import FederationSpec

COLUMNS = (
    "model", "data", "records", "rounds", "image", "accuracy `none`", "accuracy at REL 1e-2", "change", "ratio",
    "overhead of the round", "pays below (Mbit/s)",
)  # fmt: skip


def read(folder: Path) -> FederationReport:
    """Return the report of a finished run."""
    results = json.loads((folder / "results.json").read_text())
    asked = {name: value for name, value in results["spec"].items() if name != "command"}
    spec = FederationSpec(**asked | {"defences": tuple(asked["defences"])})
    rows: dict[str, list[RoundRow]] = {name: [] for name in spec.defences}
    for row in results["rounds"]:
        rows[row.pop("defence")].append(RoundRow(**row))
    guarantees = {
        name: Guarantee(**stated | {"epsilon": float(stated["epsilon"])})
        for name, stated in results["guarantees"].items()
    }
    rounds = {name: tuple(played) for name, played in rows.items()}
    return FederationReport(spec, spec.records, results["metric"], guarantees, rounds, performance={}, changes={})


def line(report: FederationReport) -> tuple[str, ...]:
    """Return the cells of one run."""
    spec, compressed = report.spec, report.spec.defences[1]
    return (
        spec.model,
        Path(spec.data).name,
        f"{spec.records:,}",
        str(spec.rounds),
        f"{spec.side}x{spec.side}" if spec.side else "own size",
        f"{report.rounds['none'][-1].performance:.3f}",
        f"{report.rounds[compressed][-1].performance:.3f}",
        signed(report.change(compressed)),
        f"{report.ratio(compressed):.2f}",
        f"{report.overhead(compressed):.2%}",
        f"{report.break_even(compressed):,.0f}",
    )


def main() -> None:
    """Print the table."""
    runs = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/paper")
    print(to_markdown(COLUMNS, (line(read(path.parent)) for path in sorted(runs.glob("*/results.json")))))


if __name__ == "__main__":
    main()
