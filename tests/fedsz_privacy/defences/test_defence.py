import dp_accounting
import pytest

from fedsz_privacy import InputError
from fedsz_privacy.defences.defence import Setting, parse_defence
from fedsz_privacy.defences.reading import settle_defences
from fedsz_privacy.training.accounting import epsilon
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.dpsgd import DPTraining
from fedsz_privacy.training.names import Optimizer
from fedsz_privacy.training.opacus import OpacusTraining
from fedsz_privacy.training.own import OwnTraining

TRAINING = Training(epochs=2)


def parse(text, expected_records=50, rule=TRAINING, **setting):
    return parse_defence(text, Setting(rule, TRAINING, expected_records, **setting))


def test_a_release_alone_keeps_plain_training_and_its_own_event():
    defence = parse("fedsz:rel=0.01")
    assert defence.name == "fedsz:rel=1e-2"
    assert defence.training == TRAINING
    assert isinstance(defence.event, dp_accounting.NonPrivateDpEvent)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["dpsgd:eps=8", "dpsgd:eps=8+fedsz:rel=1e-2", "dpsgd:eps=2,delta=1e-6,clip=0.5"])
def test_dpsgd_guarantees_what_it_was_asked_for_whatever_follows(text):
    defence = parse(text)
    assert defence.name == text
    assert isinstance(defence.training, DPTraining)
    delta = 1e-6 if "delta" in text else 1e-5
    eps = float(text.partition("eps=")[2][0])
    assert 0.97 * eps < epsilon(defence.event, delta) <= eps * 1.001
    assert "one record added or removed" in defence.reason


def test_the_same_target_is_the_same_rule():
    assert parse("dpsgd:eps=8").training == parse("dpsgd:eps=8+fedsz:rel=1e-2").training


def test_defences_of_one_rule_stand_together_and_plain_ones_first():
    texts = ["none", "dpsgd:eps=8+fedsz:rel=1e-2", "fedsz:rel=0.01", "dpsgd:eps=8.0", "fedsz:rel=1e-2"]
    assert settle_defences(texts) == ("none", "fedsz:rel=1e-2", "dpsgd:eps=8+fedsz:rel=1e-2", "dpsgd:eps=8")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dpsgd", "takes eps or noise, one of both: write dpsgd:eps=8 or dpsgd:noise=1.1"),
        ("dpsgd:sigma=1", "dpsgd takes other options than sigma"),
        ("dpsgd:eps=0", "eps 0.0: choose a positive number"),
        ("dpsgd:eps=8,delta=2", "delta 2.0: choose a number between 0 and 1"),
        ("opacus", "takes eps or noise, one of both"),
        ("dpsgd:eps=8,noise=1", "takes eps or noise, one of both"),
        ("opacus:noise=1,delta=1e-6", "delta 1e-6 beside noise says nothing: give --delta"),
        ("dpsgd:noise=0", "noise multiplier 0.0: choose a positive number"),
        ("dpsgd:eps=8+zip", "unknown release 'zip'"),
        ("fedsz:rel=1e-2+dpsgd:eps=8", "has dpsgd, which is training, behind another part: write it first, and once"),
        ("dpsgd:eps=8+opacus:eps=8", "has opacus, which is training, behind another part: write it first, and once"),
    ],
)
def test_what_names_no_defence_is_one_line(text, message):
    with pytest.raises(InputError, match=message) as caught:
        parse(text)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_dpsgd_over_rounds_guarantees_what_it_was_asked_for_by_more_noise():
    """The event is checked by dp-accounting's own accountant, on the composition written out here."""
    once, thrice = (parse("dpsgd:eps=8", rounds=rounds) for rounds in (1, 3))
    assert (thrice.training.sampling_rate, thrice.training.steps) == (0.2, 10)
    step = dp_accounting.PoissonSampledDpEvent(0.2, dp_accounting.GaussianDpEvent(thrice.training.noise_multiplier))
    accountant = dp_accounting.pld.PLDAccountant(dp_accounting.NeighboringRelation.ADD_OR_REMOVE_ONE)
    accountant.compose(dp_accounting.SelfComposedDpEvent(step, 10), 3)
    found = accountant.get_epsilon(1e-5)
    assert 0.97 * 8 < found <= 8 * 1.001
    assert epsilon(thrice.event, 1e-5) == pytest.approx(found, rel=1e-3)
    assert thrice.training.noise_multiplier > once.training.noise_multiplier
    assert epsilon(once.event, 1e-5) <= 8 * 1.001
    # The noise of one round does not last for three.
    assert epsilon(dp_accounting.SelfComposedDpEvent(once.event, 3), 1e-5) > 10


@pytest.mark.parametrize("rounds", [1, 3])
@pytest.mark.parametrize("rule", [TRAINING, OwnTraining(print, "mine:train")])
def test_what_guarantees_nothing_in_one_round_guarantees_nothing_in_several(rounds, rule):
    assert epsilon(parse("fedsz:rel=1e-2", 100, rule, rounds=rounds).event, 1e-5) == float("inf")


@pytest.mark.parametrize("text", ["opacus:eps=8", "opacus:noise=1.1,clip=0.5", "opacus:eps=8+fedsz:rel=1e-2"])
def test_opacus_has_the_numbers_and_the_guarantee_of_the_toolkits_own(text):
    ours, theirs = parse(text.replace("opacus", "dpsgd"), rounds=2), parse(text, rounds=2)
    assert theirs.name == text
    assert isinstance(theirs.training, OpacusTraining)
    assert theirs.training.private == ours.training
    assert theirs.event == ours.event
    assert theirs.training != ours.training


def test_a_noise_multiplier_and_a_clip_norm_are_taken_as_they_are():
    training = parse("dpsgd:noise=1.1,clip=0.5").training
    assert (training.noise_multiplier, training.clip_norm) == (1.1, 0.5)
    assert parse("dpsgd:noise=1.1").training.clip_norm == 1


def test_private_training_has_the_optimiser_of_the_study():
    adam = Training(3, 5, 0.01, Optimizer.ADAM, weight_decay=1e-4)
    for text in ("dpsgd:noise=1", "opacus:noise=1"):
        training = parse_defence(text, Setting(TRAINING, adam, 50)).training
        private = getattr(training, "private", training)
        assert (private.epochs, private.batch_size, private.learning_rate) == (3, 5, 0.01)
        assert (private.optimizer, private.weight_decay) == (Optimizer.ADAM, 1e-4)


@pytest.mark.slow
def test_epsilon_is_for_the_delta_of_the_run_and_another_one_is_restated():
    assert epsilon(parse("dpsgd:eps=2", delta=1e-3).event, 1e-3) == pytest.approx(2, rel=0.01)
    restated = parse("dpsgd:eps=2,delta=1e-6", delta=1e-5)
    assert epsilon(restated.event, 1e-6) == pytest.approx(2, rel=0.01)
    assert epsilon(restated.event, 1e-5) < 1.9
    assert "calibrated to epsilon 2 at delta 1e-6, and restated here at the run's delta of 1e-5" in restated.reason


@pytest.mark.parametrize("rounds", [1, 3])
@pytest.mark.parametrize("text", ["none", "fedsz:rel=1e-2"])
def test_a_release_behind_a_training_function_that_claims_an_event_is_post_processing(text, rounds):
    claim = dp_accounting.GaussianDpEvent(4.0)
    defence = parse(text, rule=OwnTraining(print, "mine:train", claim, "it says so"), rounds=rounds)
    assert defence.name == text
    assert defence.reason == "it says so"
    composed = dp_accounting.SelfComposedDpEvent(claim, rounds)
    assert epsilon(defence.event, 1e-5) == pytest.approx(epsilon(composed, 1e-5))
    assert defence.training.event == defence.event
