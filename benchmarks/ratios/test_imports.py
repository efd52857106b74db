"""What a user waits for before anything is computed, over importing torch alone, in processes of their own."""

import subprocess
import sys
from collections.abc import Callable

COMMAND = "from analysis.cli import main; main()"


def run(code: str, *arguments: str) -> int:
    return subprocess.run([sys.executable, "-c", code, *arguments], check=False, capture_output=True).returncode


def torch() -> None:
    assert run("import torch") == 0


def audit() -> None:
    assert run("from analysis import AuditSpec, run_audit") == 0


def refused() -> None:
    assert run(COMMAND, "audit", "--release", "nonsense") == 2


def test_importing_the_audit_over_torch(compare: Callable[..., None]) -> None:
    compare(audit, torch, pairs=5)


def test_refusing_an_unknown_release_over_torch(compare: Callable[..., None]) -> None:
    compare(refused, torch, pairs=5)
