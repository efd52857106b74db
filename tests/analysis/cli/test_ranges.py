"""Every number of every question has a range, and command line, spec.json and Python refuse alike what is outside."""

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
import torch
from typer.testing import CliRunner

from analysis.cli import app
from analysis.reporting.folder import versions
from analysis.reporting.json_files import FORMAT
from analysis.studies.audit.spec import AuditSpec
from analysis.studies.bench.spec import BenchSpec
from analysis.studies.federation.spec import FederationSpec
from analysis.studies.noise.spec import NoiseSpec
from analysis.studies.questions import read_question, to_plain
from analysis.studies.recommend.spec import RecommendSpec
from fedsz_privacy import InputError
from fedsz_privacy.core.ranges import Whole
from fedsz_privacy.defences.reading import settle_defences

pytestmark = pytest.mark.usefixtures("undrawn")

QUESTIONS = {
    "audit": AuditSpec(),
    "federate": FederationSpec(),
    "recommend": RecommendSpec(),
    "noise": NoiseSpec(Path(__file__)),
    "bench": BenchSpec(),
}


def is_number(hint):
    return hint in (int, float) or bool({int, float} & set(get_args(hint)))


NUMBERS = [
    (command, each)
    for command, question in QUESTIONS.items()
    for each in fields(question)
    if is_number(get_type_hints(type(question))[each.name])
]
OUTSIDE = [
    (command, each, value)
    for command, each in NUMBERS
    for within in [each.metadata["within"]]
    for value in ((within.least - 1, 10**30) if isinstance(within, Whole) else (-1.0, 1e300 * 1e300, 1e309 * 0))
    if value not in within
]


def run(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments])


def test_every_number_of_every_question_has_a_range():
    assert [f"{command} {each.name}" for command, each in NUMBERS if each.metadata["within"] is None] == []
    assert len(NUMBERS) > 25


@pytest.mark.parametrize("command", QUESTIONS)
def test_help_states_each_range(command):
    shown = " ".join(run(command, "--help").stdout.replace("│", " ").split())
    for each in [each for of, each in NUMBERS if of == command]:
        assert f"({each.metadata['within']})" in shown


@pytest.mark.parametrize(
    ("command", "field", "value"),
    OUTSIDE,
    ids=[f"{command} {each.name} {value:.0e}" for command, each, value in OUTSIDE],
)
def test_command_line_spec_and_python_refuse_alike(tmp_path, command, field, value):
    several, name = isinstance(field.default, tuple), field.metadata["name"] or field.name
    with pytest.raises(InputError) as error:
        replace(QUESTIONS[command], **{field.name: (value,) if several else value})
    said = str(error.value)
    assert said.startswith(f"{name.replace('_', ' ')} ")
    assert said.count("\n") == 0

    files = [__file__] if command in ("noise", "bench") else []
    option = f"--{name.replace('_', '-')}={value}"
    result = run(command, *files, option, "--out", tmp_path / "run")
    assert (result.exit_code, result.stderr, result.stdout) == (2, f"fedsz-privacy: {said}\n", "")

    spec = {**to_plain(command, QUESTIONS[command]), field.name: [value] if several else value}
    (tmp_path / "spec.json").write_text(json.dumps({"format": FORMAT, **spec, "versions": versions()}))
    with pytest.raises(InputError, match=f"holds no {command} to go on with"):
        read_question(tmp_path, command, type(QUESTIONS[command]))
    assert [each.name for each in tmp_path.iterdir()] == ["spec.json"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("audit --seed 1e5", "--seed 1e5: "),
        ("audit --seed 0x10", "--seed 0x10: "),
        ("audit --epochs 2.5", "--epochs 2.5: "),
        ("audit --learning-rate fast", "--learning-rate fast: "),
        ("audit --seed", "'--seed'"),
        ("audit --sead 1", "No such option: --sead"),
        ("audit --workers 10000", "workers 10000: this machine has "),
        ("audit --workers 0", "workers 0: choose 1 or more"),
        ("audit --workers 1000000000000", "workers 1000000000000: choose 1000000 or less"),
        ("audit --canary mislabelled:1000000000000", "canaries mislabelled 1000000000000: choose 1000000 or less"),
        ("audit --release fedsz:rel=2", "error bound rel=2: choose a positive number from"),
        ("audit --release fedsz:rel=1e-400", "'1e-400' is not a number that 64 bits hold"),
        ("audit --release fedsz:abs=1e400", "'1e400' is not a number that 64 bits hold"),
        ("audit --release fedsz:abs=inf", "error bound abs=inf: choose a positive number from"),
        ("audit --release fedsz:abs=nan", "error bound abs=nan: choose a positive number from"),
        ("audit --release dpsgd:eps=8,clip=1e30", "clip norm 1e30: choose a positive number from 1e-12 to 1e12"),
        ("audit --release dpsgd:eps=8,clip=1e-40", "clip norm 1e-40: choose a positive number from 1e-12 to 1e12"),
        ("audit --release opacus:noise=1e-3", "noise multiplier 0.001: choose a positive number from 0.2 to 1e6"),
        ("audit --release dpsgd:noise=1e30", "noise multiplier 1e30: choose"),
        ("audit --release dpsgd:eps=inf", "eps inf: choose"),
        ("audit --release dpsgd:eps=8,delta=1e-16", "delta 1e-16: choose a number between 0 and 1"),
        ("audit --candidates 5000", "need more than the 1,438 training records"),
        ("federate --epochs 10000 --batch-size 1 --release dpsgd:noise=1", "3000000 steps a round: choose"),
        ("federate --clients 100000", "100000 clients for 1200 records: choose from 1 to 1200"),
        ("federate --partition dirichlet:0", "Dirichlet alpha 0.0: choose a positive number"),
        ("federate --partition dirichlet:1e400", "Dirichlet alpha inf: choose a positive number"),
        ("federate --partition dirichlet:-1", "unknown partition 'dirichlet:-1'"),
        (f"bench {__file__} --bound 1.5", "bound 1.5: choose a positive number"),
        (f"bench {__file__} --bound x", "--bound x: "),
        (f"noise {__file__} --release fedsz:rel=1.1", "error bound rel=1.1: choose"),
        ("noise", "Missing argument 'checkpoint'"),
    ],
)
def test_numbers_that_cannot_be_are_one_line_before_any_work(tmp_path, arguments, message):
    words = [word.strip("'") for word in arguments.split(" ")]
    result = run(*words[:1], "--out", tmp_path / "run", *words[1:])
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1), result.output
    assert message in result.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("first", ["none", "dpsgd:eps=8"])
def test_a_chain_of_releases_has_an_end(first):
    """A chain of 3,000 once ended in a RecursionError."""
    with pytest.raises(InputError, match=r"chains 3000 releases: choose 16 or less"):
        settle_defences(["+".join([first] + ["none"] * 2999)])
    assert settle_defences(["+".join(["none"] * 16)])


def test_a_bench_measures_what_is_named_twice_once(tmp_path):
    torch.save({"a.weight": torch.randn(40, 50)}, tmp_path / "a.pt")
    spec = BenchSpec((str(tmp_path / "a.pt"),) * 2, ("nopred", "nopred"), (1e-2, 1e-2))
    assert (len(spec.checkpoints), spec.compressors, spec.bounds) == (1, ("nopred",), (1e-2,))
    for empty in ("checkpoints", "compressors", "bounds"):
        with pytest.raises(InputError, match=f"no {empty}: give one or more"):
            replace(spec, **{empty: ()})


@pytest.mark.parametrize("seed", [2**63, 2**64 - 1])
def test_the_greatest_seeds_work(tmp_path, seed):
    quick = ["--trials", 16, "--candidates", 20, "--clients", 2, "--rounds", 1, "--epochs", 1, "--signal", "loss"]
    result = run("audit", *quick, "--release", "none", "--seed", seed, "--out", tmp_path / "run")
    assert result.exit_code == 0, result.output
