"""What does not fit is found before anything is written: one line that names it, exit code 2."""

import math
import sys
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from analysis.cli import app
from analysis.methods.guarantee import guarantee
from analysis.studies.audit.check import behind_what_is_seen
from analysis.studies.audit.spec import AuditSpec

pytestmark = pytest.mark.usefixtures("undrawn")

SMALL = [
    "--trials",
    "8",
    "--candidates",
    "40",
    "--clients",
    "2",
    "--client-records",
    "20",
    "--rounds",
    "1",
]

MODELS = {
    "lazy": "layer 1 of model misfits:lazy has no weights yet: call the model once in its factory",
    "data_parallel": "wrapped in DataParallel: return the module inside it",
    "compiled": "wrapped in OptimizedModule: return the module inside it",
    "scripted": "wrapped in RecursiveScriptModule: return the module inside it",
    "LateBuffer": "training changes the names, shapes or dtypes of the model's state (cache): leave them as they were",
    "LateLayer": "training changes the names, shapes or dtypes of the model's state (extra.weight)",
    "GrowingBuffer": "training changes the names, shapes or dtypes of the model's state (bank)",
    "TupleOutput": "returns a tuple: return the outputs alone, as one tensor",
    "MoreInTraining": "model misfits:MoreInTraining in training mode returns a tuple: return the outputs alone",
    "DictOutput": "returns a dict: return the outputs alone",
    "NoOutput": "returns a NoneType: return the outputs alone",
    "ListOutput": "returns a list: return the outputs alone",
    "too_few_outputs": "returns torch.float32 (2, 7) for 2 records, which task classification cannot read: return",
    "too_many_outputs": "(2, 13) for 2 records, which task classification cannot read: return (records, 10) logits",
    "wrong_size": "layer 1 (Linear) of model misfits:wrong_size fails on records of shape (1, 8, 8)",
    "wrong_channels": "layer 0 (Conv2d) of model misfits:wrong_channels fails on records of shape (1, 8, 8)",
    "wrong_second_layer": "layer 2 (Linear) of model misfits:wrong_second_layer fails",
    "no_flatten": "(2, 1, 8, 10) for 2 records, which task classification cannot read",
    "frozen": "no parameter of model misfits:frozen trains: leave requires_grad on for some",
    "without_parameters": "no parameter of model misfits:without_parameters trains",
    "Detached": "model misfits:Detached fails on records of shape (1, 8, 8)",
    "WithoutGradient": "model misfits:WithoutGradient fails on records of shape (1, 8, 8)",
    "Constant": "no parameter of model misfits:Constant has a gradient: let its outputs depend on what trains",
    "NotANumber": "outputs of model misfits:NotANumber are not finite: scale the records, or initialise it anew",
    "infinite_weights": "outputs of model misfits:infinite_weights are not finite",
    "GradientNotANumber": "model misfits:GradientNotANumber has gradients that are not finite",
    "OverTheBatch": "(1, 10) for 2 records, which task classification cannot read",
    "Labels": "returns torch.int64 (2,) for 2 records",
    "Transposed": "(10, 2) for 2 records",
    "Complex": "parameter phase of model misfits:Complex is no dense real tensor",
    "Sparse": "mask in the state of model misfits:Sparse is no dense tensor: keep it out of state_dict()",
    "sparse": "layer 0 of model misfits:sparse has sparse gradients: leave out sparse=True",
    "on_meta": "parameter 1.weight of model misfits:on_meta is no dense real tensor",
    "WeightNormed": "model misfits:WeightNormed cannot be copied with its state",
    "Locked": "model misfits:Locked cannot be copied with its state (cannot pickle",
    "ExtraState": "_extra_state in the state of model misfits:ExtraState is no dense tensor",
    "OwnError": "model misfits:OwnError fails on records of shape (1, 8, 8) (images must be of 224x224)",
    "NeedsLabels": "model misfits:NeedsLabels fails on records of shape (1, 8, 8)",
    "NoForward": 'fails on records of shape (1, 8, 8) (Module [NoForward] is missing the required "forward"',
    "TokensExpected": "layer tokens (Embedding) of model misfits:TokensExpected fails",
    "Recurrent": "layer cells (LSTM) of model misfits:Recurrent fails on records of shape (1, 8, 8)",
    "instance_normed_to_a_point": "layer 1 (InstanceNorm2d) of model misfits:instance_normed_to_a_point fails",
    "FailsInTraining": "model misfits:FailsInTraining fails on records of shape (1, 8, 8) (no teacher was set)",
    "two_precisions": "layer 2 (Linear) of model misfits:two_precisions fails",
    "InPlace": "model misfits:InPlace fails on records of shape (1, 8, 8)",
    "quantised": "scale in the state of model misfits:quantised is no dense tensor",
    "other_arguments": "misfits:other_arguments cannot be called with the shape of a record and a number of outputs",
    "no_module": "misfits:no_module gives an object of type str: make it a Module",
    "not_a_function": "misfits:not_a_function is of type int: write the import path of a function",
    "missing": "module 'misfits' has no 'missing'",
}

OTHERS = {
    "--model misfits:batch_normed --release dpsgd:eps=8": "layer 2 (BatchNorm1d) keeps batch statistics",
    "--model misfits:Counting --release dpsgd:eps=8": "seen changes when records pass, which is not private",
    "--training misfits:forgets_to_train": "left model mlp as it was: train the model that is given, in place",
    "--training misfits:makes_a_new_model": "left model mlp as it was",
    "--training misfits:fills_with_nan": "training diverged in round 1 (the update of",
    "--training misfits:other_training_arguments": "cannot be called as train(model, records, generator)",
    "--training misfits:forgets_to_train --gradient-canaries 5": "left model mlp as it was",
    "--training misfits:changes_precision": "shapes or dtypes of the model's state (1.weight): leave them as they were",
    "--training misfits:loses_a_bias": "shapes or dtypes of the model's state (5.bias): leave them as they were",
    "--training misfits:claims_what_nobody_knows": "of type UnsupportedDpEvent, which neither dp-accounting's PLD",
    "--release misfits:accounts_for_nothing": "an event of type UnsupportedDpEvent, which neither dp-accounting's PLD",
    "--release misfits:doubles": "dtypes of tensors (1.weight: torch.float32 (256, 64) to torch.float64 (256, 64))",
    "--release misfits:as_arrays": "dtypes of tensors (1.weight: torch.float32 (256, 64) to float32 (256, 64)): keep",
    "--release misfits:spoils": "release misfits:spoils makes 1.weight not finite: return finite numbers",
    "--release misfits:sends_nothing": "sends 0 bytes: give a positive number as nbytes",
    "--release misfits:update_alone": "returns a dict: return Released(update, nbytes)",
    "--task misfits:WEIGHTED": "task weighted cannot read outputs of 64 bits (expected scalar type Double but found",
    "--gradient-canaries 999999": "999999 canaries: choose from 1 to",
    "--learning-rate 1e30": "training diverged in round 1 (",
    "--data misfits:numbers --signal misfits:LOGITS": "task regression has no logits of classes",
    "--signal misfits:OF_ANOTHER_SHAPE": "reads (4, 1) of 1 trial and 4 candidates: read (1, 4)",
    "--data misfits:numbers --model cnn": "model cnn takes images, (records, channels, height, width)",
    "--data misfits:too_few_records": "need more than the 10 training records of misfits:too_few_records",
    "--data misfits:infinite_records": "not finite",
    "--data misfits:targets_out_of_range": "targets from 5 to 14: number its 10 classes from 0",
    "--data misfits:unequal_numbers": "give as many of both",
    "--data misfits:other_test_records": "make them alike",
    "--data misfits:no_split": "gives an object of type Records: make it a DataSplit",
    "--device cuda:99": "device 'cuda:99' is not there: choose auto or cpu",
    "--device abacus": "unknown device 'abacus'",
    "--optimizer lion": "unknown optimizer 'lion': choose one of sgd, momentum, adam, adamw",
    "--weight-decay -1": "weight decay -1.0: choose 0 or more",
    "--delta 0": "delta 0.0: choose a number between 0 and 1",
    "--release dpsgd:eps=8,noise=1": "private training takes eps or noise",
}


@pytest.fixture(scope="module", autouse=True)
def misfits():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parents[3] / "misfits")
        yield
        sys.modules.pop("misfits", None)


def refused(folder, arguments):
    """Run an audit that must end with one line, and leave nothing."""
    result = CliRunner().invoke(app, ["audit", *SMALL, "--release", "none", *arguments, "--out", str(folder / "run")])
    assert result.exit_code == 2, result.output + repr(result.exception)
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
    assert not (folder / "run").exists()
    return result.stderr


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor:UserWarning", "ignore:.*torch.jit:DeprecationWarning")
@pytest.mark.parametrize("name", MODELS)
def test_a_model_that_does_not_fit_is_one_line(tmp_path, name):
    assert MODELS[name] in refused(tmp_path, ["--model", f"misfits:{name}"])


@pytest.mark.parametrize("arguments", OTHERS)
def test_training_data_signals_and_devices_that_do_not_fit_are_one_line(tmp_path, arguments):
    assert OTHERS[arguments] in refused(tmp_path, arguments.split())


def test_there_are_forty_misfits_and_more():
    assert len(MODELS) + len(OTHERS) > 40


def test_a_model_that_cannot_be_sent_to_workers_is_one_line(tmp_path, monkeypatch):
    def refuse(*_):
        raise TypeError("cannot pickle 'generator' object")

    monkeypatch.setattr("analysis.studies.audit.check.dumps", refuse)
    line = refused(tmp_path, ["--workers", "2"])
    assert "model mlp cannot be sent to workers (cannot pickle 'generator' object): leave out --workers" in line


def test_an_error_in_a_training_function_keeps_its_traceback(tmp_path, monkeypatch):
    import misfits

    def fails(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(misfits, "forgets_to_train", fails)
    result = CliRunner().invoke(
        app, ["audit", *SMALL, "--training", "misfits:forgets_to_train", "--out", str(tmp_path / "run")]
    )
    assert isinstance(result.exception, ZeroDivisionError)


def test_what_trains_one_by_one_is_said_in_one_line_before_the_work(tmp_path):
    command = ["audit", *SMALL, "--release", "none", "--model", "misfits:batch_normed", "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    first, *_ = result.stdout.splitlines()
    assert first.startswith("the trials of this run, one after another under plain training, take about")
    assert "one after another" not in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")


def test_trials_that_train_side_by_side_or_have_no_room_to_are_not_said_to_wait_for_one_another(monkeypatch):
    from analysis.studies.audit.prepare import load, set_up
    from analysis.studies.one_after_another import one_after_another

    for model, told in {"mlp": "", "misfits:batch_normed": ", one after another under plain training,"}.items():
        spec = AuditSpec(model=model, trials=8, candidates=40, clients=2, client_records=20)
        game = set_up(spec, *load(spec))
        assert one_after_another(game, spec.parse_defences(), spec.trials, "one") == told
    monkeypatch.setattr("attacks.game.game.MEMORY_BYTES", 1)
    assert one_after_another(game, spec.parse_defences(), spec.trials, "one") == ""


def test_an_adapter_that_no_rule_compresses_is_warned_of_before_the_work(tmp_path):
    small = [*SMALL, "--release", "fedsz:rel=1e-1", "--signal", "loss"]
    command = ["audit", *small, "--model", "misfits:Adapter", "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert (
        "fedsz:rel=1e-1: no tensor is compressed lossily, all are kept exactly: to choose tensors, give"
        in result.stdout
    )
    assert " ".join(result.stdout.split()).count("its release changed no value of any update it was studied on") == 1


def test_a_check_leaves_the_model_as_it_was():
    from analysis.reporting.workers import Workers
    from analysis.studies.audit.check import check_audit
    from analysis.studies.audit.prepare import load, set_up
    from analysis.studies.audit.spec import AuditSpec

    spec = AuditSpec(model="misfits:batch_normed", trials=8, candidates=40, clients=2, client_records=20)
    split, model = load(spec)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    check_audit(spec, set_up(spec, split, model), spec.parse_defences(), spec.get_signals(), Workers())
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


@pytest.mark.parametrize(("adversary", "hidden"), [("update", True), ("server", True), ("aggregate", False)])
def test_noise_behind_what_an_adversary_sees_is_told_before_anything_is_played(adversary, hidden):
    """Its row was that of no defence at all, and the conclusion said "no guarantee" of a dpfedavg:eps=8."""
    spec = AuditSpec(adversary=adversary, defences=("none", "dpfedavg:eps=8"))
    told = behind_what_is_seen(spec.parse_defences(), spec.get_adversary())
    assert len(told) == hidden
    assert all(line.startswith("dpfedavg:eps=8 adds its noise to the sum, behind what") for line in told)


def test_releases_guarantee_nothing_against_who_sees_the_training():
    """gaussian:eps=1 stood at a guaranteed epsilon of 1 beside attacks that ruled out 2.69."""
    spec = AuditSpec(adversary="every-step", defences=("none", "gaussian:eps=1,clip=1", "dpsgd:eps=8+gaussian:eps=1"))
    epsilons = [guarantee(each, spec.delta).epsilon for each in spec.parse_defences()]
    assert epsilons == [math.inf, math.inf, pytest.approx(8, rel=0.01)]
    told = behind_what_is_seen(spec.parse_defences(), spec.get_adversary())
    assert [line.split()[0] for line in told] == list(spec.defences[1:])
