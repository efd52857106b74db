"""What a client sends, its update or its state, against the averages written out."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from fedsz_privacy import InputError
from fedsz_privacy.core.state import stack_of_one
from fedsz_privacy.defences.dpfedavg import DPFedAvg
from fedsz_privacy.defences.parsing import parse_release
from fedsz_privacy.defences.release import Release, Released
from fedsz_privacy.federation.federation import Federation
from fedsz_privacy.federation.partition import even_clients
from fedsz_privacy.federation.payload import Payload, find_payload, require_fit
from fedsz_privacy.federation.rounds import Client, play_rounds
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.descent import Training

TRIALS = 3
STARTS = {
    "w": torch.tensor([[100.0, -40.0, 7.0]]),
    "mask": torch.tensor([[-torch.inf, 0.0]]),
    "steps": torch.zeros(1, dtype=torch.int64),
}


def trained(shift: float) -> dict[str, torch.Tensor]:
    """Return what clients' updates are in all trials: a mask does not move, and steps are those after training."""
    moved = shift * torch.arange(1.0, 1 + TRIALS)[:, None] * torch.tensor([[1.0, 2.0, -1.0]])
    return {"w": moved, "mask": torch.zeros(TRIALS, 2), "steps": torch.full((TRIALS,), 5)}


def client(release: Release, payload: Payload, shift: float = 1.0) -> Client:
    return Client(
        lambda _number, _states: trained(shift),
        release,
        lambda _: [np.random.default_rng(0)] * TRIALS,
        lambda _: [""] * TRIALS,
        payload,
    )


def watched(seen: list[dict[str, torch.Tensor]]) -> Release:
    """Return a release that keeps what passes through it, and halves its floats."""

    def apply(sent, _):
        seen.append(dict(sent))
        halved = {name: tensor / 2 if tensor.is_floating_point() else tensor for name, tensor in sent.items()}
        return Released(halved, 1)

    return replace(parse_release("none"), name="halved", apply=apply)


def test_what_passes_through_a_release_is_the_state_after_training():
    seen: list[dict[str, torch.Tensor]] = []
    client(watched(seen), Payload.STATE).send(0, STARTS)
    for row, sent in enumerate(seen):
        assert sent["w"].equal(STARTS["w"][0] + trained(1.0)["w"][row])
        assert sent["mask"].equal(STARTS["mask"][0])
        assert sent["steps"] == 5


def test_the_server_averages_the_decoded_states_by_their_shares():
    """A halved state s arrives as s / 2, so the next global state is the weighted mean of those halves."""
    clients = [client(watched([]), Payload.STATE, shift) for shift in (1.0, -3.0)]
    (played,) = islice(play_rounds(clients, [0.75, 0.25], STARTS), 1)
    halves = [(STARTS["w"] + trained(shift)["w"]) / 2 for shift in (1.0, -3.0)]
    assert torch.allclose(played.after["w"], 0.75 * halves[0] + 0.25 * halves[1])
    assert played.after["mask"].equal(STARTS["mask"].expand(TRIALS, 2))
    assert played.after["steps"].tolist() == [5] * TRIALS


def test_of_halved_updates_it_averages_those():
    clients = [client(watched([]), Payload.UPDATE, shift) for shift in (1.0, -3.0)]
    (played,) = islice(play_rounds(clients, [0.75, 0.25], STARTS), 1)
    expected = STARTS["w"] + 0.75 * trained(1.0)["w"] / 2 + 0.25 * trained(-3.0)["w"] / 2
    assert torch.allclose(played.after["w"], expected)


def federated(digits, release: str, payload: Payload, **more):
    model = build_model("mlp", digits, seed=0)
    federation = Federation(
        model,
        digits,
        even_clients(3, 90),
        Training(epochs=1, batch_size=8),
        parse_release(release),
        seed=1,
        payload=payload,
        **more,
    )
    return list(islice(federation.rounds(stack_of_one(model.state_dict())), 3))


def test_without_a_defence_both_lead_to_the_same_states_but_for_rounding(digits):
    states, updates = (federated(digits, "none", payload) for payload in (Payload.STATE, Payload.UPDATE))
    for one, other in zip(states, updates, strict=True):
        assert all(torch.allclose(one.after[name], each, atol=1e-5) for name, each in other.after.items())
        assert one.sent(0).nbytes == other.sent(0).nbytes


def test_a_relative_bound_is_a_fraction_of_the_range_of_what_is_sent(digits):
    """The same REL leaves an error within a share of the state's range, and beyond what it allows of the update's."""
    (plain, *_), (state, *_), (update, *_) = (
        federated(digits, release, payload)
        for release, payload in (
            ("none", Payload.STATE),
            ("fedsz:rel=1e-2", Payload.STATE),
            ("fedsz:rel=1e-2", Payload.UPDATE),
        )
    )
    name = max(plain.states, key=lambda each: plain.states[each].numel())
    moved = plain.sent(0).update[name]
    allowed_of_state = 0.01 * span(plain.states[name] + moved)
    allowed_of_update = 0.01 * span(moved)
    errors = [float((each.sent(0).update[name] - moved).abs().max()) for each in (state, update)]
    assert errors[1] <= allowed_of_update * 1.001 < errors[0] <= allowed_of_state * 1.001


def span(tensor: torch.Tensor) -> float:
    return float(tensor.max() - tensor.min())


def test_what_is_lost_of_a_state_is_fed_back_into_the_next():
    """Sent are states s + u + e, halved; what is lost of one is what the client remembers: e = (s + u + e) / 2."""
    release = replace(watched([]), feedback=True)
    first, second = islice(play_rounds([client(release, Payload.STATE)], [1.0], STARTS), 2)
    whole = STARTS["w"] + trained(1.0)["w"]
    assert torch.allclose(first.residuals[0]["w"], whole / 2)
    again = whole / 2 + trained(1.0)["w"] + whole / 2
    assert torch.allclose(second.after["w"], again / 2)
    assert torch.allclose(second.residuals[0]["w"], again / 2)


def test_noise_on_the_sum_clips_the_update_that_the_server_takes_from_a_state(digits):
    """A clip of whole states, whose norm is over 5, would leave another step; nothing is guaranteed by the payload."""
    aggregation = DPFedAvg(noise_multiplier=0.5, clip_norm=0.1)
    (state, *_), (update, *_) = (
        federated(digits, "none", payload, aggregation=aggregation) for payload in (Payload.STATE, Payload.UPDATE)
    )
    norm = torch.cat([each.flatten() for each in state.states.values()]).norm()
    assert norm > 5
    assert all(torch.allclose(state.average[name], each, atol=1e-5) for name, each in update.average.items())


@pytest.mark.parametrize("name", ["gaussian:eps=8", "gaussian:eps=8+fedsz:rel=1e-2", "staircase:eps=8,clip=1"])
def test_a_release_with_a_proof_is_refused_for_states(name):
    release = parse_release(name)
    require_fit(Payload.UPDATE, [release])
    with pytest.raises(InputError, match="clips and hides an update") as refused:
        require_fit(Payload.STATE, [parse_release("fedsz:rel=1e-2"), release])
    assert "\n" not in str(refused.value)
    assert release.name in str(refused.value)


def test_an_unknown_payload_is_named():
    with pytest.raises(InputError, match="unknown payload 'gradient': choose one of update, state"):
        find_payload("gradient")
