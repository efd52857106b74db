import pytest

from analysis.spec import AuditSpec
from fedsz_privacy import InputError


def test_none_comes_first_and_names_are_settled():
    spec = AuditSpec(releases=("fedsz:rel=0.01", "fedsz:rel=1e-2", "none"))
    assert spec.releases == ("none", "fedsz:rel=1e-2")
    assert [defence.name for defence in spec.parse_defences()] == list(spec.releases)


@pytest.mark.parametrize("name", ["trials", "candidates", "clients", "client_records", "rounds"])
def test_numbers_out_of_range_are_named_with_the_remedy(name):
    with pytest.raises(InputError, match=f"{name.replace('_', ' ')} 0: choose .* or more"):
        AuditSpec(**{name: 0})
