"""A user's part that goes wrong in the middle of a run ends it with one line, before a table is written."""

import sys

import pytest
from typer.testing import CliRunner

from analysis.cli import app

pytestmark = pytest.mark.usefixtures("undrawn")

SMALL = "--trials 8 --candidates 40 --clients 2 --client-records 20 --rounds 1 --release none"
FEDERATION = "--clients 2 --records 40 --test-records 20 --rounds 2 --model mlp"

# A check plays every part before the work, on few candidates; parts that tell the work from it go wrong there alone.
SOURCE = """
from dataclasses import replace

import numpy as np
import torch
from dp_accounting import NonPrivateDpEvent

from attacks import Adversary, Signal, View
from attacks.canaries.records import Canary
from fedsz_privacy.data import classification
from fedsz_privacy.defences import Release, Released

CALLS = {}


def later(name, number):
    CALLS[name] = CALLS.get(name, 0) + 1
    return CALLS[name] > number


def release(spoil, number=3):
    def apply(update, generator):
        sent = Released(update, 100)
        return spoil(sent) if later("release", number) else sent

    return Release("own", apply, NonPrivateDpEvent(), "for the test")


def of_nan():
    def spoil(sent):
        return replace(sent, update={name: tensor * torch.nan for name, tensor in sent.update.items()})

    return release(spoil)


def of_no_size():
    return release(lambda sent: replace(sent, nbytes=0))


def read_nan(view):
    read = view.confidences
    if len(view.knowledge.pool) == 40:
        read[3, 5] = np.nan
    return read


NAN = Signal("nan", read_nan)
SMALL = Signal("small", lambda view: view.confidences, lambda read, membership: read[:, :2])
INFINITE = Signal("infinite", lambda view: view.confidences, lambda read, _: read / (read.shape[1] == 4))


def looks(knowledge, rounds):
    updates = rounds[0].sent(0).update
    return [View(knowledge, {name: tensor[:3] for name, tensor in updates.items()})]


FEWER = Adversary("fewer", "fewer trials than there were", looks)
HALF = Canary("half", lambda records, generator: records.part(0, len(records) // 2))
DARK = Canary("dark", lambda records, generator: replace(records, inputs=(records.inputs[0] * torch.nan,)))


def measure(outputs, targets):
    return (outputs.argmax(-1) == targets) * (torch.nan if len(targets) > 10 else 1.0)


UNMEASURED = replace(classification(10), name="unmeasured", measure=measure)


def train(model, records, generator):
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.01 if not later("train", 3) else torch.nan
"""

LINES = {
    "audit --release faults:of_nan": "release faults:of_nan makes 1.weight not finite in trial 1: return finite",
    "audit --release faults:of_no_size": "release faults:of_no_size sends 0 bytes in trial 1: give a positive number",
    "audit --signal faults:NAN": "signal faults:NAN reads numbers that are not finite in trial 3: read finite ones",
    "audit --signal faults:SMALL": "signal faults:SMALL is calibrated to float64 (8, 2): give float64 (8, 4)",
    "audit --signal faults:INFINITE": "signal faults:INFINITE gives trial 0 scores that are not finite: calibrate to",
    "audit --adversary faults:FEWER": "adversary faults:FEWER sees 1.weight as (3, 256, 64) in trials 0 to 7: show (8,",
    "audit --canary faults:HALF:10": "canary faults:HALF makes 5 records of (1, 8, 8) in torch.float32 for classificat",
    "audit --canary faults:DARK:10": "canary faults:DARK has inputs that are not finite: replace those values",
    "audit --task faults:UNMEASURED": "accuracy of task unmeasured is not finite in trial 0: let it measure finite",
    "audit --training faults:train": "training diverged in round 1 (the update of",
    "audit --release dpsgd:eps=8,clip=1e12": "training diverged in round 1 (",
    "audit --learning-rate 10": "training diverged in round 1 (",
    "federate --release faults:of_nan": "release faults:of_nan makes 1.weight not finite of client 1 in round 1: r",
    "federate --training faults:train": "training diverged in round 1 (the update of",
    "federate --task faults:UNMEASURED": "accuracy of task unmeasured is not finite after round 1: let it measure fin",
}


@pytest.fixture(autouse=True)
def faults(tmp_path, monkeypatch):
    (tmp_path / "faults.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("faults", None)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("arguments", LINES)
def test_a_fault_in_the_middle_is_one_line_and_no_table(tmp_path, arguments):
    command, *options = arguments.split()
    small = (SMALL if command == "audit" else FEDERATION).split()
    epochs = [] if {"--learning-rate", "--training"} & {*options} else ["--epochs", "1"]
    result = CliRunner().invoke(app, [command, *small, *epochs, *options, "--out", str(tmp_path / "run")])
    assert result.exit_code == 2, result.output + repr(result.exception)
    assert LINES[arguments] in result.stderr
    assert result.stderr.count("\n") == 1
    assert not list(tmp_path.rglob("results.json"))
