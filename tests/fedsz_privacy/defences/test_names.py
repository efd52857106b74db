"""Names that are listed without loading a release are those that strings may have."""

import pytest

from fedsz_privacy import InputError
from fedsz_privacy.defences.mechanisms.feedback import FEEDBACK
from fedsz_privacy.defences.names import (
    DPFEDAVG,
    FIRST_NAMES,
    NO_RELEASES,
    RELEASE_NAMES,
    require_known,
    require_releases,
)
from fedsz_privacy.defences.parsing import BUILT_IN
from fedsz_privacy.defences.private_training import PRIVATE


def test_names_are_those_of_parsing():
    assert BUILT_IN == RELEASE_NAMES
    assert {FEEDBACK, *PRIVATE, DPFEDAVG} == set(FIRST_NAMES) == {FEEDBACK, *NO_RELEASES}


def test_known_names_and_import_paths_pass():
    require_known(["none", "dpsgd:eps=8+fedsz:rel=1e-2", "ef+topk:share=0.05", "copy:gaussian:clip=1"])


@pytest.mark.parametrize("text", ["nonsense", "fedsz:rel=1e-2+nonsense", "fedzs:rel=1e-2"])
def test_other_names_are_refused(text):
    with pytest.raises(InputError, match=r"unknown release '(nonsense|fedzs)': choose one of none, fedsz, "):
        require_known([text])


@pytest.mark.parametrize("text", ["dpsgd:eps=8", "opacus:noise=1+fedsz:rel=1e-2", "dpfedavg:eps=8"])
def test_what_is_no_release_is_told_from_what_is(text):
    require_releases(["none", "ef+topk:share=0.05", "copy:gaussian:clip=1"], "it is no client")
    with pytest.raises(InputError, match=r" is (training|aggregation), and it is no client: give releases alone"):
        require_releases(["none", text], "it is no client")
