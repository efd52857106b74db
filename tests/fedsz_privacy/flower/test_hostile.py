"""Clients that are broken or lie: left out of the aggregate with a reason, while the round goes on."""

import io
import random

import pytest

pytest.importorskip("flwr", reason="flwr is not installed: make test-flower")

import numpy as np
import torch
from flower_apps import NODES, NoNetwork, app, net, sent, step
from flwr.app import Array, ArrayRecord, ConfigRecord, Error, Message, MetricRecord, RecordDict
from flwr.app.message.message import make_message
from flwr.serverapp.strategy import DifferentialPrivacyServerSideFixedClipping, FedAvg
from hypothesis import given, settings
from hypothesis import strategies as st

from fedsz_privacy import ErrorBound, FedSZ
from fedsz_privacy.codec.header import FrameError
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.flower import FedSZStrategy, fedsz_mod
from fedsz_privacy.flower.envelope import FRAME, NOTE, digest
from fedsz_privacy.flower.replies import Broadcast, read_reply

CODEC = FedSZ(ErrorBound.rel(1e-2))
BAD = NODES[1]


def spoiled(spoil, mods=None, strategy=None):
    """Return a round in which one client's reply is spoiled, and what the log said."""
    random.seed(0)
    grid = NoNetwork(app([fedsz_mod()] if mods is None else mods), {BAD: spoil})
    return (strategy or FedSZStrategy(FedAvg())).start(grid, ArrayRecord(net().state_dict()), num_rounds=1)


def with_frame(change):
    """Spoil a reply's frame."""

    def spoil(reply):
        frame = reply.content["arrays"][FRAME].data
        reply.content["arrays"] = ArrayRecord({FRAME: Array("uint8", (1,), FRAME, change(frame))})
        return reply

    return spoil


def with_update(change):
    """Spoil the update in an intact frame."""
    return with_frame(lambda frame: CODEC.encode(change(CODEC.decode(frame))))


def with_metrics(**metrics):
    def spoil(reply):
        reply.content["metrics"] = MetricRecord({"num-examples": 5, "loss": 0.5, **metrics})
        return reply

    return spoil


def with_note(reply, **note):
    reply.content[NOTE] = ConfigRecord({**reply.content[NOTE], **note})
    return reply


def without(reply, key):
    del reply.content[key]
    return reply


def with_arrays(change):
    """Send arrays instead of a frame."""

    def spoil(reply):
        reply.content["arrays"] = change(ArrayRecord(net().state_dict()))
        return reply

    return spoil


def changed(record, **arrays):
    return ArrayRecord({**record, **arrays})


def bomb(record):
    """Announce an array of eight exabytes in a header of a few bytes."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f4", "fortran_order": False, "shape": (2**61,)})
    return changed(record, **{"1.bias": Array("float32", (32,), "numpy.ndarray", stream.getvalue())})


SPOILS = {
    "nan": (with_update(lambda u: {**u, "1.weight": u["1.weight"] * torch.nan}), "'1.weight' is not finite"),
    "shape": (with_update(lambda u: {**u, "1.bias": torch.zeros(33)}), "'1.bias' has shape (33,), and the server sent"),
    "dtype": (with_update(lambda u: {**u, "1.bias": torch.zeros(32).double()}), "'1.bias' has dtype torch.float64"),
    "missing": (with_update(lambda u: {"1.weight": u["1.weight"]}), "is not on both sides"),
    "more": (with_update(lambda u: {**u, "x": torch.zeros(1)}), "array 'x' is not on both sides"),
    "flipped": (with_frame(lambda f: f[:100] + bytes([f[100] ^ 1]) + f[101:]), "checksum does not match"),
    "cut": (with_frame(lambda f: f[:-9]), "truncated or extended"),
    "empty": (with_frame(lambda _: b""), "too short"),
    "other round": (lambda r: with_note(r, sent=digest(ArrayRecord(net().state_dict()), 2)), "in another round"),
    "no note": (lambda r: without(r, NOTE), "does not say which round's parameters"),
    "odd note": (lambda r: with_note(r, sent="no bytes"), "cannot be read"),
    "no arrays": (lambda r: without(r, "arrays"), "0 records of arrays"),
    "no metrics": (lambda r: without(r, "metrics"), "0 records of metrics"),
    "nan metric": (with_metrics(loss=float("nan")), "metric 'loss' is nan"),
    "negative weight": (with_metrics(**{"num-examples": -5}), "'num-examples', which updates are weighted by, is -5"),
    "other metrics": (with_metrics(more=1.0), "not named and long as most"),
    "error": (lambda r: make_message(r.metadata, error=Error(0, "it\nburns")), "it\\nburns"),
    "plain nan": (with_arrays(lambda r: changed(r, **{"1.bias": Array(np.full(32, np.nan, "f4"))})), "is not finite"),
    "plain shape": (with_arrays(lambda r: changed(r, **{"1.bias": Array(np.zeros(3, "f4"))})), "has shape (3,)"),
    "plain text": (with_arrays(lambda r: changed(r, **{"1.bias": Array(np.full(32, "a"))})), "cannot be read"),
    "plain bytes": (
        with_arrays(lambda r: changed(r, **{"1.bias": Array("float32", (32,), "numpy.ndarray", b"x")})),
        "cannot be read",
    ),
    "plain bomb": (with_arrays(bomb), "announces 9223372036854775808 bytes and holds 0"),
}


@pytest.fixture
def three():
    """What the other three clients alone lead to."""
    state = net().state_dict()
    nodes = [node for node in NODES if node != BAD]
    weights = [node / sum(nodes) for node in nodes]
    return sum(w * step(state, node, 1)["1.weight"].double() for w, node in zip(weights, nodes, strict=True))


@pytest.mark.parametrize("kind", SPOILS)
def test_it_is_left_out_with_its_reason_and_the_round_goes_on(kind, three, caplog):
    spoil, reason = SPOILS[kind]
    result = spoiled(spoil)
    torch.testing.assert_close(
        result.arrays.to_torch_state_dict()["1.weight"].double(), three, rtol=0, atol=1e-3, check_dtype=False
    )
    (line,) = [record.message for record in caplog.records if "left out" in record.message]
    assert line.startswith(f"round 1: node {BAD} is left out of the aggregate: ")
    assert reason in line
    assert "\n" not in line


def test_a_frame_too_large_to_decode_is_left_out(caplog):
    strategy = FedSZStrategy(FedAvg(), max_bytes=2**14)
    result = spoiled(lambda reply: reply, strategy=strategy)
    assert result.arrays.to_torch_state_dict().keys() == set()
    reasons = [record.message for record in caplog.records if "max_bytes allows 16384" in record.message]
    assert len(reasons) == 4


def test_a_second_reply_of_one_node_and_a_stranger_s_are_left_out(caplog):
    strategy, state = FedSZStrategy(FedAvg()), net().state_dict()
    grid = NoNetwork(app([fedsz_mod()]))
    list(grid.send_and_receive(strategy.configure_train(1, ArrayRecord(state), ConfigRecord(), grid)))
    stranger = make_message(grid.replies[0].metadata, RecordDict())
    arrays, _ = strategy.aggregate_train(1, [*grid.replies, stranger])
    assert arrays is not None
    assert sum("no reply of it is awaited" in record.message for record in caplog.records) == 1


def test_noise_for_more_clients_than_are_left_is_not_taken_for_enough(caplog):
    state = {name: t for name, t in net().state_dict().items() if t.is_floating_point()}
    for expected, aggregated in ((4, False), (3, True)):
        private = DifferentialPrivacyServerSideFixedClipping(FedAvg(), 1.0, 1e-3, expected)
        grid = NoNetwork(app([fedsz_mod()]), {BAD: with_frame(lambda frame: frame[:-1])})
        result = FedSZStrategy(private).start(grid, ArrayRecord(state), num_rounds=1)
        assert bool(result.arrays) == aggregated
    assert sum("not aggregated: it has 3 sound updates of 4" in record.message for record in caplog.records) == 1


def test_an_update_of_norm_0_does_not_end_a_private_run(caplog):
    state = {name: t for name, t in net().state_dict().items() if t.is_floating_point()}
    still = with_update(lambda update: {name: 0 * tensor for name, tensor in update.items()})
    private = DifferentialPrivacyServerSideFixedClipping(FedAvg(), 1.0, 1e-3, 3)
    strategy = FedSZStrategy(private)
    assert strategy.start(NoNetwork(app([fedsz_mod()]), {BAD: still}), ArrayRecord(state), num_rounds=1).arrays
    assert any("the update is 0, which Flower cannot clip" in record.message for record in caplog.records)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_the_bytes_of_a_reply_it_is_refused_in_one_line_or_is_sound(data):
    state = net().state_dict()
    message = sent(BAD, state)
    frame = bytearray(CODEC.encode({name: t * 0 for name, t in state.items()}))
    for place in data.draw(st.lists(st.integers(0, len(frame) - 1), max_size=3)):
        frame[place] = data.draw(st.integers(0, 255))
    arrays = data.draw(st.sampled_from([FRAME, "1.weight", "0"]))
    kind = data.draw(st.sampled_from([FRAME, "numpy.ndarray", "torch"]))
    note = data.draw(st.sampled_from([b"", digest(message.content["arrays"], 1)]))
    content = {
        "arrays": ArrayRecord({arrays: Array("uint8", (3,), kind, bytes(frame))}),
        "metrics": MetricRecord({"num-examples": data.draw(st.floats() | st.integers(-(2**40), 2**40))}),
        NOTE: ConfigRecord({"sent": note, "encode-seconds": data.draw(st.floats()), "client": data.draw(st.text())}),
    }
    reply = Message(RecordDict(content), reply_to=message)
    refusal, found = "", {}
    try:
        found = read_reply(reply, Broadcast(state, digest(message.content["arrays"], 1)), CODEC, "num-examples").state
    except (InputError, FrameError) as error:
        refusal = str(error)
    assert "\n" not in refusal
    assert bool(refusal) == (not found)
    assert all(torch.isfinite(tensor).all() for tensor in found.values())
