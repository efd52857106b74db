"""The rounds that runs of the evaluation have kept by now, finished or not."""

import json
from pathlib import Path

from safetensors import safe_open

from analysis.studies.federation.results import RoundRow
from fedsz_privacy.core.sealed import ENTRY


def kept_rounds(run: Path, defence: int) -> list[RoundRow]:
    """Return the rounds that a run's folder holds of a defence, by its place in the question; none yet if none is."""
    path = run / "rounds" / f"{defence}.safetensors"
    if not path.exists():
        return []
    with safe_open(path, "numpy") as file:
        return [RoundRow(**row) for row in json.loads(file.metadata()[ENTRY])["rows"]]
