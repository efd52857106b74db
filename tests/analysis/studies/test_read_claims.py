"""What is read from the engine of a training function of a user's own: what it does on the fewest records."""

import pytest
from opacus.accountants import PRVAccountant

from analysis.studies.audit.run import run_audit
from analysis.studies.audit.spec import AuditSpec
from analysis.studies.federation.prepare import prepare
from analysis.studies.federation.run import run_federation
from analysis.studies.federation.spec import FederationSpec

PRIVATE = """
from types import SimpleNamespace

import torch


def train(model, records, generator):
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.01)
    history = [(1.0, min(1.0, 8 / len(records)), 4)]
    return SimpleNamespace(accountant=SimpleNamespace(history=history))
"""


@pytest.fixture
def private(tmp_path, monkeypatch):
    """A training function with an engine that samples 8 of the records, whatever their number."""
    (tmp_path / "private_loop.py").write_text(PRIVATE)
    monkeypatch.syspath_prepend(str(tmp_path))
    return "private_loop:train"


def epsilon_by_opacus(held: int, rounds: int, delta: float) -> float:
    """Return epsilon by Opacus' own accountant."""
    accountant = PRVAccountant()
    accountant.history = [(1.0, 8 / held, 4 * rounds)]
    epsilon: float = accountant.get_epsilon(delta)
    return epsilon


def test_a_history_is_read_of_the_smallest_client(tmp_path, private):
    """On clients of very different sizes: an even share would say too little."""
    spec = FederationSpec(
        training=private,
        model="mlp",
        data="digits",
        partition="dirichlet:0.2",
        clients=5,
        records=300,
        test_records=60,
        rounds=2,
        defences=("none",),
    )
    held = prepare(spec).clients.sum(axis=1)
    assert held.min() < 0.7 * held.mean()
    report, _ = run_federation(spec, tmp_path / "run")
    found = report.guarantees["none"]
    assert found.epsilon == pytest.approx(epsilon_by_opacus(held.min(), spec.rounds, spec.delta), abs=0.05)
    assert f"one training on {held.min()} records" in found.reason


def test_a_history_is_read_of_the_smallest_trial(tmp_path, private):
    """On as few records as any trial's coins give the target: half the candidates would say too little."""
    spec = AuditSpec(
        training=private,
        model="mlp",
        data="digits",
        candidates=30,
        trials=16,
        clients=2,
        client_records=20,
        rounds=1,
        signals=("loss",),
        defences=("none",),
    )
    report, _ = run_audit(spec, tmp_path / "run")
    found, held = report.verdicts["none"].guarantee, report.trials.membership.sum(axis=1).min()
    assert held < 0.8 * spec.expected_records
    assert found.epsilon == pytest.approx(epsilon_by_opacus(held, spec.target_rounds, spec.delta), abs=0.05)
    assert f"one training on {held} records" in found.reason
