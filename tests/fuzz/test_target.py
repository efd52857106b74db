import pytest

from fuzz import target


@pytest.mark.parametrize("data", target.seeds(), ids=lambda data: f"{data[0]}-{len(data)}")
def test_every_seed_is_read_by_its_decoder(data):
    target.TARGETS[data[0]].read(data[1:])
    target.read(data)


@pytest.mark.parametrize("place", range(len(target.TARGETS)))
def test_what_is_no_seed_is_refused_without_another_exception(place):
    for data in (b"", b"x", bytes(40), b"\xff" * 40):
        target.read(bytes([place]) + data)
