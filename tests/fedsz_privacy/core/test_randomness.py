import pytest

from fedsz_privacy.core.randomness import Purpose, generator


def test_a_path_gives_one_stream_whatever_was_drawn_before():
    first = generator(1, Purpose.TRIAL, 4).random(3)
    generator(1, Purpose.TRIAL, 5).random(100)
    assert (generator(1, Purpose.TRIAL, 4).random(3) == first).all()


@pytest.mark.parametrize("place", [-1, 2**32, 2**32 + 5])
def test_a_number_that_would_be_taken_for_two_is_refused(place):
    with pytest.raises(ValueError, match="has a number that takes more than 32 bits"):
        generator(0, Purpose.TRIAL, 1, place)
    assert generator(0, Purpose.TRIAL, 2**32 - 1).random() != generator(0, Purpose.TRIAL, 0, 1).random()


def test_paths_purposes_and_seeds_give_different_streams():
    streams = [
        generator(seed, purpose, *path).random()
        for seed in (0, 1)
        for purpose in (Purpose.TRIAL, Purpose.RELEASE)
        for path in ((), (0,), (0, 0), (1,))
    ]
    assert len(set(streams)) == len(streams)
