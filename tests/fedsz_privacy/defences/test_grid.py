"""A grid stands for its decades, both ends included, wherever releases are asked for."""

from pathlib import Path

import pytest

from analysis.studies.audit.spec import AuditSpec
from analysis.studies.noise.spec import NoiseSpec
from analysis.studies.recorded.spec import RecordedSpec
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.defences.grid import expand

FOUR = ("fedsz:rel=1e-4", "fedsz:rel=1e-3", "fedsz:rel=1e-2", "fedsz:rel=1e-1")


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("none", ["none"]),
        ("fedsz:rel=1e-2", ["fedsz:rel=1e-2"]),
        ("fedsz:rel=3e-1..3e+0", ["fedsz:rel=0.3", "fedsz:rel=3"]),
        ("fedsz:rel=5..5", ["fedsz:rel=5"]),
        ("gaussian:eps=1..10,clip=1+fedsz:abs=2..20", [
            "gaussian:eps=1,clip=1+fedsz:abs=2", "gaussian:eps=1,clip=1+fedsz:abs=20",
            "gaussian:eps=10,clip=1+fedsz:abs=2", "gaussian:eps=10,clip=1+fedsz:abs=20",
        ]),
        ("m:f:x=1..10,y=1..10", ["m:f:x=1,y=1", "m:f:x=1,y=10", "m:f:x=10,y=1", "m:f:x=10,y=10"]),
    ],
)  # fmt: skip
def test_a_range_stands_for_its_decades(text, expanded):
    assert expand(text) == expanded


def test_decades_are_the_numbers_that_people_write():
    assert [float(each.partition("=")[2]) for each in expand("fedsz:rel=1e-12..1e3")] == [
        float(f"1e{power}") for power in range(-12, 4)
    ]


@pytest.mark.parametrize(
    "asked", ["1e-4..5e-1", "1e-1..1e-4", "0..1", "1..0", "-1..1", "x..1", "1..nan", "1e-300..1e300"]
)
def test_another_range_is_one_line(asked):
    with pytest.raises(InputError, match=r"^range .*(such as|as in) 1e-4\.\.1e-1$") as error:
        expand(f"fedsz:rel={asked}")
    assert "\n" not in str(error.value)


def test_every_study_of_releases_takes_a_grid():
    grid = ("fedsz:rel=1e-4..1e-1",)
    assert AuditSpec(defences=grid).defences == ("none", *FOUR)
    assert NoiseSpec(checkpoint=Path(__file__), releases=grid).releases == FOUR
    recorded = RecordedSpec(
        before=Path(__file__), after=__file__, members=__file__, data="digits", model="mlp", defences=grid
    )
    assert [each.name for each in recorded.parse_releases(1)] == ["none", *FOUR]
