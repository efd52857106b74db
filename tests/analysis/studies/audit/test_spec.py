"""The question of an audit: what it settles, what it refuses, and how it is read back."""

import json

import pytest

from analysis.reporting.folder import open_run, to_json
from analysis.reporting.json_files import FORMAT
from analysis.studies.audit.spec import AuditSpec
from analysis.studies.bench.spec import BenchSpec
from analysis.studies.federation.spec import FederationSpec
from analysis.studies.noise.spec import NoiseSpec
from analysis.studies.questions import read_question, to_plain
from analysis.studies.recommend.spec import RecommendSpec
from fedsz_privacy import InputError

UNUSUAL = AuditSpec(
    data="digits",
    model="cnn",
    defences=("fedsz:rel=1e-2", "dpsgd:eps=8+fedsz:rel=0.1"),
    signals=("fedmia-loss", "lira"),
    adversary="server",
    target_rounds=3,
    canaries=("mislabelled:20", "duplicated:5", "mislabelled:5"),
    trials=9,
    candidates=50,
    clients=3,
    client_records=7,
    rounds=2,
    epochs=1,
    batch_size=4,
    learning_rate=0.125,
    optimizer="adam",
    weight_decay=0.5,
    training="copy:copy",
    delta=1e-6,
    fix_model=True,
    device="cpu",
    seed=9,
)


def test_none_comes_first_and_names_are_settled():
    spec = AuditSpec(defences=("fedsz:rel=0.01", "fedsz:rel=1e-2", "none"))
    assert spec.defences == ("none", "fedsz:rel=1e-2")
    assert [defence.name for defence in spec.parse_defences()] == list(spec.defences)


def test_a_signal_is_asked_for_once_and_the_first_stays_first():
    spec = AuditSpec(signals=("lira", "loss", "lira"))
    assert spec.signals == ("lira", "loss")
    assert [signal.name for signal in spec.get_signals()] == ["lira", "loss"]


def test_copies_of_canaries_count_as_records_that_are_expected():
    spec = AuditSpec(candidates=40, canaries=("duplicated:5", "mislabelled:2"), defences=("dpsgd:eps=8",))
    assert spec.repeats == [1] * 40 + [4] * 5 + [1] * 2
    assert spec.parse_defences()[1].training.expected_records == (40 + 4 * 5 + 2) / 2


@pytest.mark.parametrize("name", ["trials", "candidates", "clients", "client_records", "rounds", "target_rounds"])
def test_numbers_out_of_range_are_named_with_the_remedy(name):
    with pytest.raises(InputError, match=f"{name.replace('_', ' ')} 0: choose .* or more"):
        AuditSpec(**{name: 0})


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"seed": -1}, "seed -1: choose 0 or more"),
        ({"delta": 0.0}, "delta 0.0: choose a number between 0 and 1"),
        ({"delta": 1.0}, "delta 1.0: choose a number between 0 and 1"),
        ({"gradient_canaries": -1}, "gradient canaries -1: choose 0 or more"),
        ({"canaries": ("outlier:4",), "trials": 8}, "are 32 scores of 40 needed: choose 10 trials or more"),
        ({"trials": 8, "candidates": 37}, "are 296 scores of 300 needed: choose 9 trials or more"),
        ({"defences": ("zip",)}, "unknown release 'zip'"),
        ({"defences": ("dpsgd:sigma=1",)}, "dpsgd takes other options than sigma"),
        ({"others": "some"}, "unknown others 'some': choose one of none, same"),
        ({"adversary": "sever"}, "unknown adversary 'sever': choose one of update, server, aggregate, final-model"),
        ({"signals": ("lyra",)}, "unknown signal 'lyra'"),
        ({"signals": ("lira", "fedmia-loss")}, "signal fedmia-loss reads the other clients' updates, which adversary "
         "update does not see: choose adversary server"),
        ({"signals": ("fedmia-cosine",), "adversary": "aggregate"}, "which adversary aggregate does not see"),
        ({"canaries": ("mislabelled",)}, "write a kind and a whole number of 1 or more"),
        ({"canaries": ("outlier:5", "blank:5")}, "unknown kind of canary 'blank'"),
        ({"gradient_canaries": 5, "adversary": "server"}, "gradient canaries 5 are scored on the target's update of "
         "one round, or on its steps: choose adversary update or every-step and 1 target round"),
        ({"target_rounds": 2, "adversary": "every-step"}, "adversary every-step sees the steps of one round, not of 2"),
        ({"gradient_canaries": 5, "target_rounds": 2}, "choose adversary update or every-step and 1 target round"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_in_one_line_before_anything_runs(asked, message):
    with pytest.raises(InputError) as caught:
        AuditSpec(**asked)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "asked",
    [
        {"trials": 10, "candidates": 30},
        {"signals": ("fedmia-loss",), "adversary": "server"},
        {"gradient_canaries": 5},
        {"target_rounds": 4, "adversary": "final-model"},
    ],
)
def test_what_is_at_the_edge_of_a_refusal_is_accepted(asked):
    AuditSpec(**asked)


def test_gradient_canaries_are_scored_for_an_adversary_of_ones_own_who_sees_every_step(tmp_path, monkeypatch):
    own = "from dataclasses import replace\nfrom attacks.game.adversaries import EVERY_STEP\n"
    (tmp_path / "own_steps.py").write_text(own + "STEPS = replace(EVERY_STEP, name='steps')\n")
    monkeypatch.syspath_prepend(tmp_path)
    AuditSpec(adversary="own_steps:STEPS", gradient_canaries=5)


def test_a_guarantee_that_cannot_be_reached_is_refused():
    spec = AuditSpec(candidates=20, defences=("dpsgd:eps=8",), batch_size=11)
    with pytest.raises(InputError, match="batch size 11: choose at most the expected number of records, 10"):
        spec.parse_defences()


@pytest.mark.parametrize("spec", [AuditSpec(), UNUSUAL, AuditSpec(gradient_canaries=7)])
def test_what_a_run_was_asked_is_read_back_from_its_folder(tmp_path, spec):
    open_run(tmp_path / "run", to_plain("audit", spec))
    assert read_question(tmp_path / "run", "audit", AuditSpec) == spec
    open_run(tmp_path / "run", to_plain("audit", read_question(tmp_path / "run", "audit", AuditSpec)))


@pytest.mark.parametrize(
    ("command", "spec"),
    [
        ("federate", FederationSpec(partition="dirichlet:0.5", defences=("dpsgd:eps=8",), side=16, task="binary")),
        ("recommend", RecommendSpec(max_loss="2%", bounds="1e-3,0.5", seeds=3, model="mlp")),
        ("bench", BenchSpec()),
        ("bench", BenchSpec(("efficientnet-lite0",), ("zfp", "quantiser"), (0.25, 1e-7), repeats=2)),
    ],
)
def test_other_questions_are_read_back_too(tmp_path, command, spec):
    open_run(tmp_path / "run", to_plain(command, spec))
    assert read_question(tmp_path / "run", command, type(spec)) == spec


@pytest.mark.parametrize("before", [False, True])
def test_a_question_about_files_is_read_back_without_what_they_hold(tmp_path, before):
    (tmp_path / "a.pt").write_bytes(b"anything")
    spec = NoiseSpec(tmp_path / "a.pt", tmp_path / "a.pt" if before else None, ("fedsz:rel=0.5",), seed=3, delta=1e-6)
    open_run(tmp_path / "run", spec.to_dict()).write("results.json", "{}")
    assert read_question(tmp_path / "run", "noise", NoiseSpec) == spec
    (tmp_path / "a.pt").write_bytes(b"something else")
    with pytest.raises(InputError, match=r"question \(not the same content of .*a\.pt\): choose another --out"):
        open_run(tmp_path / "run", spec.to_dict())


def foreign(**changes):
    return to_json({"format": FORMAT, **to_plain("audit", AuditSpec()), "versions": {}, **changes})


def without(name):
    return json.dumps({key: value for key, value in json.loads(foreign()).items() if key != name})


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "{}", "\x00", foreign()[:100],
        *("null", "5", "[]", foreign(canaries=[5])),
        foreign(command="noise"), foreign(training=None), foreign(training={"epochs": 0}), foreign(unheard_of=1),
        foreign(epochs=0), foreign(epochs="5"), foreign(epochs=5.0), foreign(fix_model=1), foreign(seed=True),
        foreign(trials=1), foreign(trials="many"), foreign(adversary="sever"), foreign(signals=[["loss"]]),
        foreign(defences=[5]), foreign(canaries=["blank:5"]),
        without("command"), without("trials"), without("delta"),
    ],
)  # fmt: skip
def test_a_damaged_or_foreign_folder_is_refused_in_one_line(tmp_path, text):
    (tmp_path / "spec.json").write_text(text)
    with pytest.raises(InputError, match=r"holds no audit to go on with .*: give the folder of one") as caught:
        read_question(tmp_path, "audit", AuditSpec)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("make", ["nothing", "file", "folder", "bytes"])
def test_a_path_without_a_readable_spec_is_refused_in_one_line(tmp_path, make):
    path = tmp_path / "run"
    if make == "file":
        path.write_text("chapter 1")
    elif make != "nothing":
        path.mkdir()
    if make == "folder":
        (path / "spec.json").mkdir()
    elif make == "bytes":
        (path / "spec.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"holds no audit to go on with .*: give the folder of one") as caught:
        read_question(path, "audit", AuditSpec)
    assert "\n" not in str(caught.value)


def test_what_is_wrong_in_a_kept_question_is_named(tmp_path):
    for text, wrong in ((foreign(trials=1), "trials 1: choose 8"), (without("trials"), "it has no 'trials'")):
        (tmp_path / "spec.json").write_text(text)
        with pytest.raises(InputError, match=wrong):
            read_question(tmp_path, "audit", AuditSpec)
