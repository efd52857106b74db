"""Rivals of FedSZ on digits: size, accuracy over ten rounds, and what an attack sees in one, as a table of Markdown.

Error feedback changes nothing yet in a first round, so what an attack sees is then that of the release alone.

Run with: python benchmarks/rivals.py FOLDER
"""

import sys
from pathlib import Path

from analysis.reporting.numbers import interval
from analysis.studies.audit.presentation.leakage_tables import minus_none
from analysis.studies.audit.run import run_audit
from analysis.studies.audit.spec import AuditSpec
from analysis.studies.federation.run import run_federation
from analysis.studies.federation.spec import FederationSpec

DEFENCES = (
    *(f"fedsz:rel={bound},compressor=nopred" for bound in ("1e-3", "1e-2", "1e-1")),
    "bf16", "int8", "stochastic:rel=1e-2", "stochastic:rel=1e-1",
    "topk:share=0.05", "ef+topk:share=0.05", "topk:share=0.01", "ef+topk:share=0.01", "qsgd:bits=4", "eden:bits=1",
    "eden:bits=2", "sign", "ef+sign", "rqm:clip=0.05",
)  # fmt: skip

FEDERATED = FederationSpec(model="mlp", defences=DEFENCES, epochs=2)
AUDITED = AuditSpec(defences=DEFENCES, trials=48, signals=("cosine",))


def rows(folder: Path) -> list[tuple[str, ...]]:
    """Return one row for each defence, the undefended one first; both runs are kept in the folder."""
    federated, _ = run_federation(FEDERATED, folder / "federated")
    audited, _ = run_audit(AUDITED, folder / "audited")
    found: list[tuple[str, ...]] = []
    for name in federated.rounds:
        leakage = audited.verdicts[name].groups["records"]["cosine"]
        auc, change = leakage.auc, leakage.auc_difference
        found.append(
            (
                f"`{name}`",
                f"{federated.ratio(name):.3g}",
                f"{32 / federated.ratio(name):.2f}",
                f"{federated.rounds[name][-1].performance:.3f}",
                interval(auc),
                minus_none(name, change),
            )
        )
    return found


def main(folder: Path) -> None:
    """Print the table."""
    print(
        "| release | ratio | bits a coordinate | accuracy | AUC | AUC minus none |",
        "|---|---|---|---|---|---|",
        sep="\n",
    )
    for row in rows(folder):
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
