import pytest
from dp_accounting import NonPrivateDpEvent

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.defences.parsing import parse_release


@pytest.mark.parametrize("text", ["topk:share=0.05", "sign", "fedsz:rel=1e-2+topk:share=0.1"])
def test_the_name_and_the_reason_are_those_of_the_release(text):
    release = parse_release(f"ef+{text}")
    assert release.feedback
    assert not parse_release(text).feedback
    assert release.name == f"ef+{text}"
    assert release.reason == parse_release(text).reason


def test_no_guarantee_is_claimed_of_a_release_that_has_one():
    release = parse_release("ef+rqm:clip=1")
    assert isinstance(parse_release("rqm:clip=1").event, type(release.event)) is False
    assert isinstance(release.event, NonPrivateDpEvent)
    assert not release.is_proved
    assert "next round" in release.reason


@pytest.mark.parametrize(
    "text", ["ef", "ef+none", "ef+none+none", "topk:share=0.1+ef", "int8+ef+sign", "ef+ef+sign", "ef:a=1+sign"]
)
def test_what_feedback_cannot_be_asked_is_one_line(text):
    with pytest.raises(InputError, match=r"^[^\n]*ef[^\n]+$"):
        parse_release(text)
