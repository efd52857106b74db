"""Clipping, noise and compression: the orders that keep a guarantee, and those that are refused."""

import random
from pickle import loads

import pytest

pytest.importorskip("flwr", reason="flwr is not installed: make test-flower")

import cloudpickle
import torch
from flower_apps import NODES, NoNetwork, app, net, sent, step
from flwr.app import ArrayRecord, ConfigRecord, Context, RecordDict
from flwr.clientapp.mod import LocalDpMod, adaptiveclipping_mod, fixedclipping_mod
from flwr.serverapp.strategy import (
    DifferentialPrivacyClientSideAdaptiveClipping,
    DifferentialPrivacyClientSideFixedClipping,
    DifferentialPrivacyServerSideAdaptiveClipping,
    DifferentialPrivacyServerSideFixedClipping,
    FedAvg,
)

from fedsz_privacy import ErrorBound, FedSZ
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.flower import FedSZStrategy, fedsz_mod
from fedsz_privacy.flower.envelope import ROUND, wrap

STATE = {name: t for name, t in net().state_dict().items() if t.is_floating_point()}


def reply_of(client, state=STATE, reads_frames=True, **config):
    """Return what an app answers a server that reads frames."""
    message = sent(NODES[0], state)
    message.content["config"].update({ROUND: 1, **config} if reads_frames else config)
    return client(message, Context(1, NODES[0], {}, RecordDict(), {}))


def test_error_feedback_is_refused_in_one_line():
    with pytest.raises(InputError, match=r"^release 'ef\+topk:share=0.1' feeds back what it lost[^\n]+leave ef\+ out$"):
        fedsz_mod("ef+topk:share=0.1")


def test_memory_of_rounds_is_refused_in_one_line():
    with pytest.raises(InputError, match=r"^release 'fedsz:rel=1e-2,memory=1' remembers[^\n]+leave memory= out$"):
        fedsz_mod("fedsz:rel=1e-2,memory=1")


@pytest.mark.parametrize(
    ("mod", "name"),
    [
        (LocalDpMod(1.0, 1.0, 8.0, 1e-5), "LocalDpMod"),
        (fixedclipping_mod, "fixedclipping_mod"),
        (adaptiveclipping_mod, "adaptiveclipping_mod"),
    ],
)
def test_a_mod_that_would_change_a_frame_is_refused_before_training(mod, name):
    def never(*_):
        raise AssertionError("trained")

    reply = reply_of(app([mod, fedsz_mod()], never), clipping_norm=1.0)
    assert reply.error.reason == (
        f"{name} would change what fedsz_mod has compressed: noise comes before compression, "
        f"so write mods=[fedsz_mod(...), {name}]"
    )


@pytest.mark.parametrize(
    "wrap_around",
    [
        lambda inner: DifferentialPrivacyServerSideFixedClipping(inner, 1.0, 1.0, 4),
        lambda inner: DifferentialPrivacyServerSideAdaptiveClipping(inner, 0.1, 4),
        lambda inner: DifferentialPrivacyClientSideFixedClipping(inner, 1.0, 1.0, 4),
    ],
)
def test_a_wrapper_that_would_clip_frames_is_refused_before_a_message_is_sent(wrap_around):
    strategy = wrap_around(FedSZStrategy(FedAvg()))
    with pytest.raises(InputError, match=r"stands outside FedSZStrategy .* write FedSZStrategy\(Diff\w+\(...\)\)"):
        strategy.start(NoNetwork(app([fedsz_mod()])), ArrayRecord(STATE), num_rounds=1)


@pytest.mark.parametrize(
    "inner",
    [
        DifferentialPrivacyClientSideFixedClipping(FedAvg(), 1.0, 1.0, 4),
        DifferentialPrivacyClientSideAdaptiveClipping(FedAvg(), 0.1, 4),
    ],
)
def test_noise_for_updates_that_were_clipped_before_compression_is_refused(inner):
    with pytest.raises(InputError, match="can exceed the clip norm: use DifferentialPrivacyServerSide"):
        FedSZStrategy(inner)


def test_what_is_decoded_can_exceed_the_norm_that_was_clipped_to():
    """The reason for the refusal before this: a bound keeps each element, not their norm."""
    update = torch.randn(4096, generator=torch.Generator().manual_seed(0))
    codec = FedSZ(ErrorBound.rel(0.1))
    decoded = codec.decode(codec.encode({"weight": update / update.norm()}))["weight"]
    assert float(decoded.norm()) > 1.1


def test_noise_behind_the_codec_is_refused_when_the_app_is_made():
    with pytest.raises(InputError, match="write noise first and fedsz last"):
        fedsz_mod("fedsz:rel=1e-2+none")


def test_an_epsilon_over_unknown_rounds_is_refused_when_the_app_is_made():
    with pytest.raises(InputError, match="give fedsz_mod how many they are by rounds=, or write noise= in its place"):
        fedsz_mod("gaussian:eps=8,clip=1+fedsz:abs=0.5sigma")
    fedsz_mod("gaussian:eps=8,clip=1+fedsz:abs=0.5sigma", rounds=10)
    with pytest.raises(InputError, match="write noise first and fedsz last"):
        fedsz_mod("gaussian:noise=1+fedsz:abs=0.5sigma+none")


def test_under_noise_training_that_diverged_is_sent_as_an_update_of_zeros():
    """An error would say of the data what the noise hides."""
    mod = fedsz_mod("gaussian:noise=1,clip=0.01+fedsz:abs=0.5sigma")
    reply = reply_of(app([mod], lambda s, *_: {**s, "1.bias": s["1.bias"] * torch.nan}))
    assert not reply.has_error()


def test_a_frame_is_no_array_to_flower():
    with pytest.raises(TypeError, match="Unsupported serialization type"):
        wrap(b"frame").to_numpy_ndarrays()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda s, *_: {**s, "1.bias": s["1.bias"] * torch.nan},
            "the update of '1.bias' is not finite: training diverged",
        ),
        (lambda s, *_: {**s, "1.bias": torch.zeros(3)}, "array '1.bias' has shape (3,), and the server sent (32,)"),
        (lambda s, *_: {"1.bias": s["1.bias"]}, "is not on both sides: return the arrays that the server sent"),
    ],
)
def test_what_the_app_returns_that_is_no_update_is_an_error_of_one_line(change, reason):
    assert reason in reply_of(app([fedsz_mod()], change)).error.reason


def test_a_server_that_reads_no_frames_gets_an_error_and_arrays_where_there_is_no_frame():
    error = reply_of(app([fedsz_mod()]), reads_frames=False).error
    assert error.reason == "the server reads no frames of fedsz:rel=1e-2: wrap its strategy in FedSZStrategy"
    reply = reply_of(app([fedsz_mod("none")]), reads_frames=False)
    expected = step(STATE, NODES[0], 1)
    assert all(t.equal(expected[name]) for name, t in reply.content["arrays"].to_torch_state_dict().items())


def test_a_strategy_that_sends_two_records_of_arrays_is_refused():
    class Two(FedAvg):
        def configure_train(self, *arguments):
            for message in super().configure_train(*arguments):
                message.content["more"] = ArrayRecord(STATE)
                yield message

    random.seed(0)
    with pytest.raises(InputError, match="Two sends 2 records of arrays"):
        FedSZStrategy(Two()).configure_train(1, ArrayRecord(STATE), ConfigRecord(), NoNetwork(app([])))


@pytest.mark.parametrize("wrong", [None, FedAvg, "fedavg"])
def test_what_is_no_strategy_is_refused(wrong):
    with pytest.raises(InputError, match="give it a strategy"):
        FedSZStrategy(wrong)


def test_a_mod_goes_to_another_process():
    mod = loads(cloudpickle.dumps(fedsz_mod("none+fedsz:rel=1e-2")))
    assert not reply_of(app([mod])).has_error()
