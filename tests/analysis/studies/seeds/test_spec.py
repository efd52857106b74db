from dataclasses import asdict

import pytest

from analysis.studies.audit.spec import AuditSpec
from analysis.studies.seeds.spec import SeedsSpec, parse_seeds, settle
from analysis.studies.spec import MOST_SEEDS
from fedsz_privacy.core.errors import InputError


@pytest.mark.parametrize(
    ("text", "seeds"), [("0-4", (0, 1, 2, 3, 4)), ("0,3,7", (0, 3, 7)), ("5", (5,)), ("7,1-2", (7, 1, 2))]
)
def test_seeds_are_numbers_and_ranges(text, seeds):
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize("text", ["", ",", "4-0", "-1", "0-", "1.5", "0 - 4", "a", "0--4", "٣", "1" * 5000])
def test_what_are_no_seeds_is_one_line(text):
    with pytest.raises(InputError, match="give whole numbers and ranges of them, such as 0-4 or 0,3,7"):
        parse_seeds(text)


@pytest.mark.parametrize("text", ["0-99999999999999999999", f"0-{MOST_SEEDS}", f"0-{MOST_SEEDS - 1},5"])
def test_too_many_seeds_are_refused_before_they_take_memory(text):
    with pytest.raises(InputError, match=f"are too many: choose {MOST_SEEDS} or less"):
        parse_seeds(text)


def test_seeds_are_put_in_order():
    spec = SeedsSpec(seeds=(7, 0, 3))
    assert (spec.seeds, spec.seed) == ((0, 3, 7), 0)


def test_each_audit_is_asked_the_same_but_for_its_seed():
    spec = SeedsSpec(seeds=(3, 4), trials=16, signals=("loss",))
    assert type(spec.at(4)) is AuditSpec
    assert asdict(spec.at(4)) == asdict(AuditSpec(trials=16, signals=("loss",), seed=4))


def test_one_seed_asks_one_audit():
    assert settle({"trials": 16, "seed": 0}, "5", AuditSpec, SeedsSpec) == AuditSpec(trials=16, seed=5)
    assert settle({"trials": 16, "seed": 0}, "5-6", AuditSpec, SeedsSpec) == SeedsSpec(trials=16, seeds=(5, 6))


@pytest.mark.parametrize("text", ["1,1", "0-2,1", "1,0-2", "1,0,1,0"])
def test_a_seed_that_is_given_twice_asks_for_no_audit(text):
    with pytest.raises(InputError, match=r"^seed [01] is given more than once: give each seed once$"):
        settle({}, text, AuditSpec, SeedsSpec)


@pytest.mark.parametrize(
    ("seeds", "message"),
    [
        ((1,), "1 seed: choose from 2"),
        ((1, 2**64), "seeds 184467440"),
        ((7, 0, 7), "seed 7 is given more than once: give each seed once"),
    ],
)
def test_seeds_that_cannot_be_are_refused(seeds, message):
    with pytest.raises(InputError, match=message):
        SeedsSpec(seeds=seeds)
