"""Whole rounds of Flower's strategies, with real messages and no network."""

import math
import random

import pytest

pytest.importorskip("flwr", reason="flwr is not installed: make test-flower")

import torch
from flower_apps import NODES, NoNetwork, app, net, step
from flwr.app import ArrayRecord
from flwr.clientapp.mod import LocalDpMod, message_size_mod
from flwr.serverapp.strategy import (
    DifferentialPrivacyServerSideAdaptiveClipping,
    DifferentialPrivacyServerSideFixedClipping,
    FedAdam,
    FedAvg,
    FedMedian,
)

from fedsz_privacy import ErrorBound, FedSZ
from fedsz_privacy.core.state import add, average, subtract
from fedsz_privacy.flower import FedSZStrategy, fedsz_mod


def run(strategy, client, rounds=2, state=None):
    # Flower draws the order of the nodes, and with it that of a sum, from Python's own generator.
    random.seed(0)
    grid = NoNetwork(client)
    arrays = ArrayRecord(net().state_dict() if state is None else state)
    return strategy.start(grid, arrays, num_rounds=rounds)


def floats(state):
    return {name: tensor for name, tensor in state.items() if tensor.is_floating_point()}


def test_what_is_averaged_is_the_server_s_parameters_and_the_decoded_updates():
    """Against the pipeline and the toolkit's own average, which know nothing of Flower."""
    result = run(FedSZStrategy(FedAvg()), app([fedsz_mod("fedsz:rel=1e-2")]))
    state, codec = net().state_dict(), FedSZ(ErrorBound.rel(1e-2))
    for number in (1, 2):
        updates = [subtract(step(state, node, number), state) for node in NODES]
        decoded = [codec.decode(codec.encode(update)) for update in updates]
        state = add(state, average(decoded, [node / sum(NODES) for node in NODES]))
    found = result.arrays.to_torch_state_dict()
    assert {name: t.dtype for name, t in found.items()} == {name: t.dtype for name, t in state.items()}
    assert int(found["2.num_batches_tracked"]) == 14
    for name, tensor in state.items():
        torch.testing.assert_close(found[name], tensor, rtol=0, atol=1e-6)


@pytest.mark.parametrize("strategy", [FedAvg, FedAdam, FedMedian])
def test_without_a_release_the_parameters_are_those_of_flower_alone(strategy):
    plain = run(strategy(), app([]), 1)
    ours = run(FedSZStrategy(strategy()), app([fedsz_mod("none")]), 1)
    expected, found = plain.arrays.to_torch_state_dict(), ours.arrays.to_torch_state_dict()
    for name, tensor in floats(found).items():
        assert tensor.equal(expected[name].to(tensor.dtype)), name
    assert found["2.num_batches_tracked"].dtype == torch.int64


def test_the_state_may_be_far_larger_than_the_error():
    """A relative bound on the state, whose range is 1000, would be an error of 10."""
    state = {"weight": torch.linspace(-500, 500, 4096).double()}
    result = run(FedSZStrategy(FedAvg()), app([fedsz_mod()]), 1, state)
    exact = run(FedAvg(), app([]), 1, state)
    error = (result.arrays["weight"].numpy() - exact.arrays["weight"].numpy()).__abs__().max()
    assert 0 < error < 0.01 * 0.1


def test_numbered_arrays_are_compressed_by_shape():
    state = {str(place): t for place, t in enumerate(net().state_dict().values())}
    result = run(FedSZStrategy(FedAvg()), app([fedsz_mod()], numbered=True), 1, state)
    names = run(FedSZStrategy(FedAvg()), app([fedsz_mod()]), 1)
    numbered, named = (each.train_metrics_clientapp[1]["fedsz-ratio"] for each in (result, names))
    assert numbered == pytest.approx(named, rel=0.05)
    assert numbered > 2
    assert int(result.arrays["6"].numpy()) == 7


def test_ratio_and_seconds_are_metrics_beside_the_app_s_own():
    result = run(FedSZStrategy(FedAvg()), app([fedsz_mod("fedsz:rel=1e-1")]), 1)
    metrics = result.train_metrics_clientapp[1]
    assert metrics["loss"] == pytest.approx(0.5)
    raw = sum(tensor.nbytes for tensor in net().state_dict().values())
    assert metrics["fedsz-ratio"] == pytest.approx(raw / metrics["fedsz-bytes"], rel=0.02)
    assert 0 < metrics["fedsz-encode-seconds"] < 1
    assert 0 < metrics["fedsz-decode-seconds"] < 1
    assert result.evaluate_metrics_clientapp[1]["loss"] == pytest.approx(0.25)


def test_local_privacy_comes_before_compression():
    torch.manual_seed(0)
    mods = [message_size_mod, fedsz_mod("fedsz:rel=1e-2"), LocalDpMod(1.0, 1.0, 50.0, 1e-5)]
    state = floats(net().state_dict())
    result = run(FedSZStrategy(FedAvg()), app(mods), 1, state)
    moved = result.arrays.to_torch_state_dict()["1.weight"] - state["1.weight"]
    # The mean of four noises of sigma sqrt(2 ln(1.25e5)) / 50 = 0.097, weighted nearly evenly.
    assert 0.04 < float(moved.std()) < 0.06


def test_noise_of_the_toolkit_comes_before_compression_and_counters_leave_as_zeros():
    result = run(FedSZStrategy(FedAvg()), app([fedsz_mod("gaussian:noise=1,clip=0.1+fedsz:abs=0.5sigma")]), 1)
    moved = subtract(result.arrays.to_torch_state_dict(), net().state_dict())
    # The mean of four noises of 0.1, weighted nearly evenly, and of four errors of SZ of 0.029.
    assert 0.045 < float(moved["1.weight"].std()) < 0.06
    assert int(result.arrays["2.num_batches_tracked"].numpy()) == 0


def test_an_update_that_is_longer_than_the_limit_is_scaled_down_and_an_honest_one_is_not():
    state = floats(net().state_dict())
    whole, other, short = (
        run(FedSZStrategy(FedAvg(), norm_limit=limit), app([fedsz_mod("none")]), 1, state).arrays.to_torch_state_dict()
        for limit in (math.inf, 1e6, 1e-3)
    )
    assert all(tensor.equal(other[name]) for name, tensor in whole.items())
    norm = torch.cat([tensor.flatten() for tensor in subtract(short, state).values()]).norm()
    assert 2e-4 < float(norm) <= 1.001e-3


@pytest.mark.parametrize("kind", ["fixed", "adaptive"])
def test_central_privacy_clips_what_was_decoded(kind):
    inner = FedAvg()
    private = {
        "fixed": lambda: DifferentialPrivacyServerSideFixedClipping(inner, 1e-6, 1e-3, 4),
        "adaptive": lambda: DifferentialPrivacyServerSideAdaptiveClipping(inner, 1e-6, 4, 1e-3),
    }[kind]()
    state = floats(net().state_dict())
    result = run(FedSZStrategy(private), app([fedsz_mod()]), 1, state)
    moved = subtract(result.arrays.to_torch_state_dict(), state)
    norm = torch.cat([tensor.flatten() for tensor in moved.values()]).norm()
    assert 1e-4 < float(norm) <= 1.01e-3


def test_a_release_of_one_s_own_before_the_codec_leaves_as_a_frame(monkeypatch):
    import flower_apps

    from fedsz_privacy.defences.mechanisms.none import none
    from fedsz_privacy.defences.release import Release, Released

    def halve(update, _):
        return Released({k: t / 2 if t.is_floating_point() else t for k, t in update.items()}, 1)

    monkeypatch.setattr(flower_apps, "halve", lambda: Release("h", halve, none().event, "a test"), raising=False)
    alone = run(FedSZStrategy(FedAvg()), app([fedsz_mod("flower_apps:halve")]), 1)
    framed = run(FedSZStrategy(FedAvg()), app([fedsz_mod("flower_apps:halve+fedsz:rel=1e-3")]), 1)
    whole = run(FedAvg(), app([]), 1)
    start = net().state_dict()["1.weight"]
    half = (whole.arrays.to_torch_state_dict()["1.weight"] - start) / 2
    for result, ratio in ((alone, 1), (framed, 2)):
        torch.testing.assert_close(result.arrays.to_torch_state_dict()["1.weight"] - start, half, rtol=0, atol=1e-4)
        assert result.train_metrics_clientapp[1]["fedsz-ratio"] > 0.8 * ratio
