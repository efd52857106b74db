"""What importing the audit brings, and what it leaves for when it is needed."""

import subprocess
import sys

import pytest

LATER = {"dp_accounting", "matplotlib", "opacus", "pandas", "scipy.optimize", "scipy.signal", "scipy.stats", "sklearn"}


def imported(code: str) -> set[str]:
    """Return those of `LATER` that a fresh process has imported after some code."""
    asked = f"import sys; {code}; print(*{LATER} & sys.modules.keys())"
    return set(subprocess.check_output([sys.executable, "-c", asked], text=True).split())


@pytest.mark.slow
def test_the_audit_imports_torch_alone_of_what_is_large():
    assert imported("from analysis import AuditSpec, run_audit") == set()


@pytest.mark.slow
def test_the_process_sees_what_is_imported():
    """Negative control."""
    assert imported("import dp_accounting") >= {"dp_accounting", "scipy.stats"}
