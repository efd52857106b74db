import pytest

from fuzz import target

SEEDS = [(place, seed) for place, decoder in enumerate(target.TARGETS) for seed in decoder.seeds]


@pytest.mark.parametrize(
    ("place", "seed"), SEEDS, ids=lambda value: str(value if isinstance(value, int) else len(value))
)
def test_every_good_seed_is_read_by_its_decoder(place, seed):
    target.TARGETS[place].read(seed)


def test_every_seed_is_read_or_refused():
    assert {data[0] for data in target.seeds()} == set(range(len(target.TARGETS)))
    for data in target.seeds():
        target.read(data)


@pytest.mark.parametrize("place", range(len(target.TARGETS)))
def test_what_is_no_seed_is_refused_without_another_exception(place):
    for data in (b"", b"x", bytes(40), b"\xff" * 40):
        target.read(bytes([place]) + data)
