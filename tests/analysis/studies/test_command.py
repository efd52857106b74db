"""The command of a question asks the same question again."""

import shlex
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from analysis.cli.questions import asks
from analysis.studies.audit.spec import AuditSpec, Others
from analysis.studies.bench.spec import BenchSpec
from analysis.studies.clients.spec import ClientsSpec
from analysis.studies.command import to_command
from analysis.studies.federation.spec import FederationSpec
from analysis.studies.noise.spec import NoiseSpec

QUESTIONS = [
    AuditSpec(),
    AuditSpec(defences=("fedsz:rel=1e-2", "dpsgd:eps=8"), trials=16, learning_rate=0.05, others=Others.NONE),
    AuditSpec(delta=1e-6, fix_model=True, canaries=("outlier:200",), signals=("lira",)),
    ClientsSpec(client_canaries=4, trials=64),
    FederationSpec(defences=("fedsz:abs=1e-4",), partition="dirichlet:0.5"),
    NoiseSpec(checkpoint=Path(__file__), releases=("fedsz:rel=1e-2",)),
    BenchSpec(checkpoints=(__file__, "efficientnet-lite0"), bounds=(1e-2,)),
]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: type(each).__name__)
def test_a_command_asks_what_was_asked(question):
    found = []

    @asks(type(question))
    def command(asked):
        found.append(type(question)(**asked))

    app = typer.Typer()
    app.command()(command)
    program, name, *words = shlex.split(to_command("audit", question))
    assert (program, name) == ("fedsz-privacy", "audit")
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert found == [question]


def test_a_path_with_a_space_is_one_word(tmp_path):
    path = tmp_path / "a file.safetensors"
    path.touch()
    assert to_command("noise", NoiseSpec(path)) == f"fedsz-privacy noise '{path}'"


def test_what_is_left_at_its_default_is_left_out():
    assert to_command("audit", AuditSpec()) == "fedsz-privacy audit"
    assert to_command("bench", BenchSpec(repeats=2)) == "fedsz-privacy bench --repeats 2"
