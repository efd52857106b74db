"""What a training function of a user's own claims in a federation: what it does on the fewest records."""

import pytest
from opacus.accountants import PRVAccountant

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


def test_a_history_is_read_of_the_smallest_client(tmp_path, monkeypatch):
    """Against Opacus' own accountant, on clients of very different sizes: an even share would say too little."""
    (tmp_path / "private_loop.py").write_text(PRIVATE)
    monkeypatch.syspath_prepend(str(tmp_path))
    spec = FederationSpec(
        training="private_loop:train",
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
    expected = PRVAccountant()
    expected.history = [(1.0, 8 / held.min(), 4 * spec.rounds)]
    assert report.guarantees["none"].epsilon == pytest.approx(expected.get_epsilon(spec.delta), abs=0.05)
    assert f"one training on {held.min()} records" in report.guarantees["none"].reason
