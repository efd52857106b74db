import pytest

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.defences.mechanisms.fedsz import fedsz
from fedsz_privacy.defences.parsing import parse_release


@pytest.mark.parametrize("text", ["fedsz:rel=1e-2,memory=1", "fedsz:abs=1e-4,memory=1", "fedsz:rel=1e-2"])
def test_a_name_reads_as_the_same_release(text):
    assert parse_release(text).name == text


def test_memory_of_no_round_is_none():
    assert parse_release("fedsz:rel=1e-2,memory=0").name == "fedsz:rel=1e-2"
    assert fedsz(rel=1e-2, memory=0).remembering is None


@pytest.mark.parametrize("memory", [2, 0.5, -1])
def test_memory_is_of_one_round(memory):
    with pytest.raises(InputError, match=rf"^fedsz memory={memory}: choose [^\n]+$"):
        fedsz(rel=1e-2, memory=memory)
