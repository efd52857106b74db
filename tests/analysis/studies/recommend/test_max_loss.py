"""What may be lost, with and without percent, of shares and of other metrics."""

from dataclasses import replace

import pytest

from analysis.studies.recommend.max_loss import margin_of, parse_max_loss
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.data.tasks import Scale, classification, next_token, regression


@pytest.mark.parametrize(
    ("text", "value", "words"),
    [
        ("0.5%", 0.005, "0.5 percentage points"),
        (" 0.50 % ", 0.005, "0.5 percentage points"),
        ("0.005", 0.005, "0.5 percentage points"),
        ("5e-3", 0.005, "0.5 percentage points"),
        ("0.5", 0.5, "50 percentage points"),
        ("50%", 0.5, "50 percentage points"),
        (".5%", 0.005, "0.5 percentage points"),
    ],
)
def test_percent_are_hundredths_of_an_accuracy_and_numbers_are_of_its_own_unit(text, value, words):
    for task in (classification(10), next_token(50)):
        margin = margin_of(parse_max_loss(text), task)
        assert margin.value == pytest.approx(value, rel=1e-12)
        assert str(margin) == words


@pytest.mark.parametrize(
    "text", ["", "0", "0%", "-0.5%", "-1", "half", "0.5%%", "nan", "inf", "1e999", "5 points", "%"]
)
def test_what_is_no_number_above_0_is_refused(text):
    with pytest.raises(InputError, match=r"give a number above 0, such as 0\.5%"):
        parse_max_loss(text)


@pytest.mark.parametrize("text", ["100%", "500%"])
def test_100_percent_are_too_much_of_whatever_they_are(text):
    with pytest.raises(InputError, match="choose below 100%"):
        parse_max_loss(text)
    assert parse_max_loss("99.9%").number == 99.9


@pytest.mark.parametrize("text", ["1", "5"])
def test_all_of_a_share_is_too_much(text):
    with pytest.raises(InputError, match="accuracy is a share from 0 to 1, choose below 100%, or below 1"):
        margin_of(parse_max_loss(text), classification(10))


def test_a_metric_that_is_no_share_takes_its_own_unit_alone():
    margin = margin_of(parse_max_loss("2.5"), regression())
    assert (margin.value, margin.unit, str(margin)) == (2.5, "in the target's unit", "2.5")
    assert (margin.lost, margin.loses, margin.is_error) == ("gained", "grows by", True)
    with pytest.raises(InputError, match=r"max loss 0\.5%: mean absolute error is no share: leave out the %"):
        margin_of(parse_max_loss("0.5%"), regression())


def test_a_metric_of_a_users_own_is_a_share_only_if_it_says_so():
    own = replace(classification(10), metric="sharpness", scale=Scale.SCORE)
    margin = margin_of(parse_max_loss("3"), own)
    assert (margin.value, margin.unit, margin.lost, margin.loses) == (3, "in its own unit", "lost", "loses")
    with pytest.raises(InputError, match="sharpness is no share"):
        margin_of(parse_max_loss("3%"), own)


def test_an_error_of_a_users_own_is_not_said_to_be_in_the_targets_unit():
    """A relative error has none, and a squared one has another."""
    own = replace(regression(), metric="relative error", measure=lambda outputs, targets: (outputs / targets - 1).abs())
    margin = margin_of(parse_max_loss("0.1"), own)
    assert (margin.unit, margin.named) == ("in its own unit", "relative error gained (in its own unit)")
    renamed = replace(regression(), name="prices")
    assert margin_of(parse_max_loss("0.1"), renamed).unit == "in the target's unit"


@pytest.mark.parametrize(("scale", "lost"), [(Scale.SHARE, 0.25), (Scale.SCORE, 0.25), (Scale.ERROR, -0.25)])
def test_what_is_lost_is_how_much_worse_it_got(scale, lost):
    assert scale.lost(before=1.0, after=0.75) == lost
