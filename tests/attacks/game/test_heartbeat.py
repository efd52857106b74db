"""Workers that stop are noticed, whatever runs them; those that work are left alone."""

import os
import threading
import time

import pytest

from attacks.game import heartbeat
from attacks.game.heartbeat import beating, listening
from fedsz_privacy import InputError


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Beat and look every 20 ms; give up after 60 looks, or 30 where nobody has begun: a busy machine beats late."""
    monkeypatch.setattr(heartbeat, "PERIOD", 0.02)
    monkeypatch.setattr(heartbeat, "SILENCE", 60)
    monkeypatch.setattr(heartbeat, "START", 30)


@pytest.mark.slow
def test_work_that_beats_is_waited_for(tmp_path):
    with listening(tmp_path), beating(tmp_path / "00000.beat"):
        time.sleep(1.5)
    assert list(tmp_path.iterdir()) == []


def test_a_beat_names_its_process_and_changes(tmp_path):
    beat, seen = tmp_path / "00000.beat", set()
    with beating(beat):
        while len(seen) < 2:
            time.sleep(0.01)
            text = beat.read_text() if beat.exists() else ""
            seen |= {text} - {""}  # a beat that is being written is empty
    assert {text.split()[0] for text in seen} == {str(os.getpid())}


def test_a_beat_that_stops_ends_the_wait_although_another_goes_on(tmp_path):
    def wait():
        with listening(tmp_path), beating(tmp_path / "00000.beat"):
            (tmp_path / "00032.beat").write_text("1 7")
            time.sleep(600)

    started = time.monotonic()
    with pytest.raises(InputError, match="the worker of trial 00032 was silent for 1 s: it is stopped"):
        wait()
    assert time.monotonic() - started < 300


@pytest.mark.slow
def test_who_lets_silent_workers_go_is_not_interrupted_again(tmp_path):
    went = []

    def wait():
        with listening(tmp_path):
            try:
                time.sleep(600)
            finally:
                time.sleep(1)
                went.append(True)

    with pytest.raises(InputError, match="no worker has begun"):
        wait()
    assert went == [True]


def test_workers_that_never_begin_end_the_wait(tmp_path):
    with pytest.raises(InputError, match="no worker has begun for 1 s"), listening(tmp_path):
        time.sleep(20)


def test_beats_that_a_killed_run_left_are_not_listened_to(tmp_path):
    (tmp_path / "00032.beat").write_text("1 7")
    with listening(tmp_path), beating(tmp_path / "00000.beat"):
        time.sleep(0.5)
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_work_ends_its_beat(tmp_path):
    with pytest.raises(ZeroDivisionError), listening(tmp_path), beating(tmp_path / "00000.beat"):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    time.sleep(1)  # an alarm that is still set would raise here


def test_a_disk_that_takes_no_beat_does_not_disturb_the_work(tmp_path):
    with beating(tmp_path / "missing" / "00000.beat"):
        time.sleep(0.1)


def test_outside_the_main_thread_the_work_goes_on_unheard(tmp_path):
    done = []

    def work():
        with listening(tmp_path):
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
