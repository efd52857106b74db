"""The round before over recorded rounds: whoever took part in it got the global state that an update is told from."""

import torch
from numpy.random import default_rng

from analysis.studies.recorded.material import AuditedRound
from analysis.studies.recorded.sending import last_rounds, send
from fedsz_privacy import ErrorBound, FedSZ
from fedsz_privacy.codec.compressors import Auto
from fedsz_privacy.codec.last_round import LastRound
from fedsz_privacy.defences.parsing import parse_release

STATES = [torch.from_numpy(default_rng(seed).standard_normal((50, 40))).float() for seed in range(2)]


def recorded(number, state, *clients):
    update = {"weight": STATES[1] - STATES[0]}
    return AuditedRound(number, lambda: {"weight": state}, dict.fromkeys(clients, lambda: update))


def test_what_predicts_is_the_difference_of_the_recorded_states_for_those_who_got_both():
    first, second = recorded(4, STATES[0], "one"), recorded(5, STATES[1], "one", "two")
    found = last_rounds(first, second, second.before())
    assert list(found) == ["one"]
    assert found["one"].number == 4
    assert torch.equal(found["one"].average["weight"], STATES[1] - STATES[0])


def test_the_first_round_and_one_behind_a_gap_have_no_last_round():
    first, later = recorded(4, STATES[0], "one"), recorded(6, STATES[1], "one")
    assert last_rounds(None, first, first.before()) == {}
    assert last_rounds(first, later, later.before()) == {}


def test_a_replay_sends_the_frames_of_a_client_with_memory():
    release, fedsz = parse_release("fedsz:rel=1e-2,memory=1"), FedSZ(ErrorBound.rel(1e-2), Auto())
    update = {"weight": STATES[1] - STATES[0] + 0.01}
    last = LastRound(4, {"weight": STATES[1] - STATES[0]})
    sent = send(release, {"one": update, "two": update}, 5, ["one", "two"], 0, {}, {"one": last})
    assert sent["one"].nbytes == len(fedsz.encode(update, last)) < 0.9 * sent["two"].nbytes
    assert sent["two"].nbytes == len(fedsz.encode(update))
    assert torch.equal(sent["one"].update["weight"], fedsz.decode(fedsz.encode(update, last), last)["weight"])
