import dp_accounting
import pytest

from fedsz_privacy import InputError
from fedsz_privacy.defences.defence import parse_defence, settle_defences
from fedsz_privacy.training.accounting import epsilon
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.dpsgd import DPTraining

TRAINING = Training(epochs=2)


def parse(text):
    return parse_defence(text, TRAINING, expected_records=50)


def test_a_release_alone_keeps_plain_training_and_its_own_event():
    defence = parse("fedsz:rel=0.01")
    assert defence.name == "fedsz:rel=1e-2"
    assert defence.training == TRAINING
    assert isinstance(defence.event, dp_accounting.NonPrivateDpEvent)


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
        ("dpsgd", "dpsgd takes other options than none"),
        ("dpsgd:sigma=1", "dpsgd takes other options than sigma"),
        ("dpsgd:eps=0", "eps 0.0: choose a positive number"),
        ("dpsgd:eps=8,delta=2", "delta 2.0: choose a number between 0 and 1"),
        ("dpsgd:eps=8+zip", "unknown release 'zip'"),
        ("fedsz:rel=1e-2+dpsgd:eps=8", "unknown release 'dpsgd'"),
    ],
)
def test_what_names_no_defence_is_one_line(text, message):
    with pytest.raises(InputError, match=message) as caught:
        parse(text)
    assert "\n" not in str(caught.value)


def test_dpsgd_over_rounds_guarantees_what_it_was_asked_for_by_more_noise():
    """The event is checked by dp-accounting's own accountant, on the composition written out here."""
    once, thrice = (parse_defence("dpsgd:eps=8", TRAINING, 50, rounds) for rounds in (1, 3))
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
def test_what_guarantees_nothing_in_one_round_guarantees_nothing_in_several(rounds):
    assert epsilon(parse_defence("fedsz:rel=1e-2", TRAINING, 100, rounds).event, 1e-5) == float("inf")
