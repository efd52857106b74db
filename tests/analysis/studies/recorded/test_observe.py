"""Signals of a recording, against a computation that uses nothing but PyTorch, SciPy and the recording's files."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from scipy.stats import norm, rankdata
from statsmodels.stats.proportion import proportion_confint
from torch import nn
from torch.nn import functional

from fedsz_privacy import ErrorBound, FedSZ
from fedsz_privacy.data.loading import load_data
from fedsz_privacy.models.catalogue import build_model

CLIENTS = ("client-0", "client-1", "client-2")


class Naive:
    """One round by hand: every update through the codec, every record by itself."""

    def __init__(self, folder, number, records, lossy):
        self.split = load_data("digits", 90, 50, 1)
        self.records = records
        place = folder / "rounds" / f"{number:05d}"
        files = json.loads((place / "round.json").read_text())
        self.before = load_file(place / files["before"]["file"])
        self.updates = {client: load_file(place / part["file"]) for client, part in files["updates"].items()}
        if lossy:
            codec = FedSZ(ErrorBound.rel(3e-1))
            order = list(build_model("mlp", self.split.train, 1).state_dict())
            self.updates = {
                client: codec.decode(codec.encode({name: update[name] for name in order}))
                for client, update in self.updates.items()
            }
        self.gradients = [self.gradient(record) for record in records]

    def model(self, state) -> nn.Module:
        model = build_model("mlp", self.split.train, 1)
        model.load_state_dict(state)
        return model.eval()

    def loss(self, model, record):
        image, label = self.split.train.inputs[0][record][None], self.split.train.targets[record][None]
        return functional.cross_entropy(model(image).double(), label)

    def gradient(self, record):
        model = self.model(self.before)
        self.loss(model, record).backward()
        return {name: each.grad.double() for name, each in model.named_parameters()}

    def losses(self, client):
        model = self.model({name: tensor + self.updates[client][name] for name, tensor in self.before.items()})
        with torch.no_grad():
            return np.array([-self.loss(model, record).item() for record in self.records])

    def products(self, client):
        return np.array(
            [sum(-(g[name] * u).sum().item() for name, u in self.updates[client].items()) for g in self.gradients]
        )

    def cosines(self, client):
        length = np.sqrt(sum(u.double().square().sum().item() for u in self.updates[client].values()))
        lengths = [np.sqrt(sum(each.square().sum().item() for each in g.values())) for g in self.gradients]
        return self.products(client) / length / np.array(lengths)

    def gradient_differences(self, client):
        total = {name: sum(g[name] for g in self.gradients) for name in self.gradients[0]}
        products = self.products(client)
        step = 2 * products.sum() / sum(each.square().sum().item() for each in total.values())
        squares = np.array([sum(each.square().sum().item() for each in g.values()) for g in self.gradients])
        return 2 * step * products - step**2 * squares

    def fedmia(self, measure, client):
        own, others = measure(client), np.stack([measure(other) for other in CLIENTS if other != client])
        spread = ((others - others.mean(axis=0)) ** 2).sum(axis=0)
        variance = (spread + 4 * spread.mean()) / (1 + 4) + 1e-8
        return norm.logcdf((own - others.mean(axis=0)) / np.sqrt(variance))

    def signal(self, name, client):
        return {
            "loss": lambda: self.losses(client),
            "cosine": lambda: self.cosines(client),
            "inner-product": lambda: self.products(client),
            "gradient-difference": lambda: self.gradient_differences(client),
            "attack-p": lambda: (rankdata(self.losses(client)) - 1) / (len(self.records) - 1),
            "fedmia-loss": lambda: self.fedmia(self.losses, client),
            "fedmia-cosine": lambda: self.fedmia(self.cosines, client),
        }[name]()


@pytest.mark.slow
@pytest.mark.parametrize(("release", "lossy"), [("none", False), ("fedsz:rel=3e-1", True)])
def test_every_signal_is_what_a_naive_computation_gives(recording, audited, release, lossy):
    report, _ = audited
    found = report.candidates
    assert found.clients == CLIENTS
    assert sorted(found.records) == list(range(90))
    for row, number in enumerate(report.rounds):
        naive = Naive(recording, number, found.records, lossy)
        for signal in report.signals:
            for place, client in enumerate(CLIENTS):
                scores = report.observations.scores[release][signal][row, :, place]
                expected = naive.signal(signal, client)
                assert np.allclose(scores, expected, rtol=2e-4, atol=2e-5 * np.abs(expected).max()), (signal, client)


@pytest.mark.slow
def test_errors_are_those_of_the_last_rounds_updates(recording, audited):
    report, _ = audited
    assert report.noise["none"] is None
    naive = [Naive(recording, 1, [], lossy).updates for lossy in (False, True)]
    sent = [np.concatenate([each[client]["1.weight"].ravel() for client in CLIENTS]) for each in naive]
    moved = (sent[0] != 0) | (sent[1] != 0)
    errors = (sent[1] - sent[0])[moved]
    found = report.noise["fedsz:rel=3e-1"].residuals["1.weight"]
    assert np.allclose(np.sort(found.error), np.sort(errors), atol=1e-7)
    assert (np.abs(found.error) <= found.bound * 1.000001).all()


def test_scores_are_added_up_over_the_rounds(audited):
    report, _ = audited
    for release, by_signal in report.observations.scores.items():
        for signal, rounds in by_signal.items():
            assert np.allclose(report.scores[release][signal], rounds.mean(axis=0))


def test_members_are_those_that_the_recording_names(recording, audited):
    report, _ = audited
    said = json.loads((recording / "recording.json").read_text())["members"]
    for place, client in enumerate(CLIENTS):
        assert sorted(report.candidates.records[report.candidates.membership[:, place]]) == said[client]


def test_sizes_and_performance_are_those_of_the_releases(audited):
    report, _ = audited
    assert report.observations.sizes["none"] == report.update_bytes
    assert report.ratio("fedsz:rel=3e-1") > 10
    assert 0.1 < report.observations.performance["fedsz:rel=3e-1"].value <= 1


@pytest.mark.slow
def test_accuracy_and_its_interval_are_those_of_the_naive_average_on_the_test_records(recording, audited):
    """By statsmodels' exact interval of a proportion."""
    report, _ = audited
    naive = Naive(recording, 1, [], lossy=False)
    shares = [len(report.material.manifest.members[each]) for each in CLIENTS]
    mean = {
        name: tensor
        + sum(share * naive.updates[each][name] for share, each in zip(shares, CLIENTS, strict=True)) / sum(shares)
        for name, tensor in naive.before.items()
    }
    test = load_data("digits", 90, 1000, 1).test
    with torch.no_grad():
        right = int((naive.model(mean)(test.inputs[0]).argmax(dim=1) == test.targets).sum())
    found = report.observations.performance["none"]
    assert found.value == right / len(test)
    assert (found.low, found.high) == pytest.approx(proportion_confint(right, len(test), method="beta"))
