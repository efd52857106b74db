import pytest

from analysis import AuditReport, AuditSpec, run_audit
from analysis.reporting.folder import RunFolder


@pytest.fixture(scope="session")
def small() -> AuditSpec:
    return AuditSpec(
        defences=("fedsz:rel=1e-2", "fedsz:rel=3e-1"),
        trials=40,
        candidates=40,
        clients=3,
        client_records=100,
        rounds=2,
        epochs=4,
        learning_rate=0.2,
        seed=1,
    )


@pytest.fixture(scope="session")
def finished(small, tmp_path_factory) -> tuple[AuditReport, RunFolder]:
    return run_audit(small, tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture
def small_report(finished) -> AuditReport:
    return finished[0]
