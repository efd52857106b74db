"""Rounds of a Flower app, kept as a recording that the toolkit reads."""

import random

import pytest

pytest.importorskip("flwr", reason="flwr is not installed: make test-flower")

import torch
from flower_apps import NODES, NoNetwork, app, net, step
from flwr.app import ArrayRecord, ConfigRecord
from flwr.serverapp.strategy import FedAvg

from fedsz_privacy import ErrorBound, FedSZ
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import subtract
from fedsz_privacy.federation import RecordingWarning, open_recording
from fedsz_privacy.flower import FedSZStrategy, fedsz_mod
from fedsz_privacy.flower.envelope import NOTE

ABOUT = {"model": "flower_apps:net", "data": "digits", "members": {str(each): [each] for each in range(4)}}


def recorded(folder, release, spoil=None, rounds=2):
    random.seed(0)
    strategy = FedSZStrategy(FedAvg(), record=folder, **ABOUT)
    strategy.start(NoNetwork(app([fedsz_mod(release)]), spoil), ArrayRecord(net().state_dict()), num_rounds=rounds)
    return open_recording(folder)


def renamed(name):
    def spoil(reply):
        reply.content[NOTE] = ConfigRecord({**reply.content[NOTE], "client": name})
        return reply

    return spoil


@pytest.mark.parametrize("release", ["none", "fedsz:rel=1e-1"])
def test_a_round_holds_what_was_sent_and_each_client_s_decoded_update(release, tmp_path):
    recording = recorded(tmp_path / "kept", release)
    assert recording.manifest.members == {str(each): (each,) for each in range(4)}
    assert [each.number for each in recording.rounds] == [1, 2]
    codec = FedSZ(ErrorBound.rel(1e-1))
    for each in recording.rounds:
        # Steps are drawn in the order of the model's tensors; a file has its own.
        before = {name: each.before()[name] for name in net().state_dict()}
        for place, node in enumerate(NODES):
            update = subtract(step(before, node, each.number), before)
            expected = update if release == "none" else codec.decode(codec.encode(update))
            for name, tensor in each.update(str(place)).items():
                torch.testing.assert_close(tensor, expected[name], rtol=0, atol=0 if release == "none" else 1e-6)


def test_who_is_left_out_of_the_aggregate_is_left_out_of_the_recording(tmp_path):
    def without(reply):
        del reply.content[NOTE]
        return reply

    recording = recorded(tmp_path / "kept", "fedsz:rel=1e-2", {NODES[2]: without}, 1)
    assert sorted(recording.rounds[0].participants) == ["0", "1", "3"]


@pytest.mark.parametrize("name", ["0", "", "two\nlines", "long" * 20])
def test_a_name_that_is_taken_or_no_line_is_that_of_the_node(name, tmp_path):
    with pytest.warns(RecordingWarning, match="members lack client node .*: give the records it holds"):
        recording = recorded(tmp_path / "kept", "fedsz:rel=1e-2", {NODES[2]: renamed(name)}, 1)
    expected = {"1", "3", f"node {NODES[2]}"} | ({f"node {NODES[0]}"} if name == "0" else {"0"})
    assert set(recording.rounds[0].participants) == expected


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({"record": "kept"}, "record='kept' comes without data: give model= and data="),
        ({"record": "kept", "data": "digits"}, "record='kept' comes without model"),
        ({"model": "mlp"}, "model says something of a recording: give record=, its folder"),
    ],
)
def test_a_recording_that_does_not_say_what_it_is_of_is_refused(about, reason):
    with pytest.raises(InputError, match=reason):
        FedSZStrategy(FedAvg(), **about)


def test_numbered_arrays_are_refused_before_a_message_is_sent(tmp_path):
    strategy = FedSZStrategy(FedAvg(), record=tmp_path / "kept", **ABOUT)
    arrays = ArrayRecord([tensor.numpy() for tensor in net().state_dict().values()])
    with pytest.raises(InputError, match=r"arrays are numbered.*start from ArrayRecord\(model.state_dict\(\)\)"):
        strategy.configure_train(1, arrays, ConfigRecord(), NoNetwork(app([])))
