import random
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from fedsz_privacy.codec.arrays import to_bytes
from fuzz.corpus import trusted_frames
from fuzz.frames import mutated
from fuzz.judging import receiver_of, resident_memory
from fuzz.server import serve

FRAMES, WARM_UP = 10_000, 2_000
FLAT = 4 * 2**20
"""Growth of the resident memory from the end of the warm-up that is still called flat, in bytes."""


def contents(state):
    return [(name, tensor.dtype, tuple(tensor.shape), to_bytes(tensor)) for name, tensor in state.items()]


def hostile_frame(number):
    """Return a frame that is mutated, or cut short if its number is even."""
    frame = mutated(1, number)
    return frame[: len(frame) // 2] if number % 2 == 0 else frame


def serve_all(hostile):
    """Return what a server kept, what it refused, and by how much its memory grew after the warm-up, in bytes."""
    receiver, good = receiver_of(), trusted_frames()
    expected = [contents(receiver.decode(frame)) for frame in good]
    kept, memory = set(), {}

    def keep(index, state):
        memory[index] = resident_memory()
        if index not in hostile:
            assert contents(state) == expected[index % len(good)]
            kept.add(index)

    frames = (hostile_frame(index) if index in hostile else good[index % len(good)] for index in range(FRAMES))
    refused = dict(serve(receiver, frames, keep))
    start = max(size for index, size in memory.items() if index < WARM_UP)
    return kept, refused, memory[max(memory)] - start


@pytest.mark.slow
def test_a_server_keeps_every_good_frame_names_the_bad_and_holds_its_memory():
    """The server has a process of its own: what other tests left in this one comes and goes in its memory."""
    hostile = set(random.Random(0).sample(range(FRAMES), FRAMES // 10))
    with ProcessPoolExecutor(1, get_context("spawn")) as alone:
        kept, refused, growth = alone.submit(serve_all, hostile).result()
    assert kept == set(range(FRAMES)) - hostile
    assert {index for index in hostile if index % 2 == 0} <= set(refused) <= hostile
    assert all(reason.startswith("frame") and "\n" not in reason for reason in refused.values())
    assert growth < FLAT
