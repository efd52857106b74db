from fedsz_privacy.core.randomness import Purpose, generator


def test_a_path_gives_one_stream_whatever_was_drawn_before():
    first = generator(1, Purpose.TRIAL, 4).random(3)
    generator(1, Purpose.TRIAL, 5).random(100)
    assert (generator(1, Purpose.TRIAL, 4).random(3) == first).all()


def test_paths_purposes_and_seeds_give_different_streams():
    streams = [
        generator(seed, purpose, *path).random()
        for seed in (0, 1)
        for purpose in (Purpose.TRIAL, Purpose.RELEASE)
        for path in ((), (0,), (0, 0), (1,))
    ]
    assert len(set(streams)) == len(streams)
