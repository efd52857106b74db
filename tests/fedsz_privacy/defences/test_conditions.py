"""Claims that a run refuses: each breaks one condition of a sound release, which passes."""

import math
from dataclasses import dataclass, field, replace
from importlib.util import find_spec

import pytest
import torch
from dp_accounting import GaussianDpEvent, NonPrivateDpEvent
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from fedsz_privacy.core.state import nbytes
from fedsz_privacy.defences.conditions import find_unmet, hold_to_conditions
from fedsz_privacy.defences.mechanisms import layered_gaussian
from fedsz_privacy.defences.parsing import parse_release
from fedsz_privacy.defences.proof import Observer
from fedsz_privacy.defences.release import Release, Released

MULTIPLIER = 0.7


@dataclass(frozen=True)
class Noisy:
    """Clip to 1 and add Gaussian noise to every float; integers leave as zeros."""

    multiplier: float = MULTIPLIER

    def clip(self, update):
        norm = math.sqrt(sum(float(tensor.double().square().sum()) for tensor in update.values()))
        return {name: tensor * min(1.0, 1 / max(norm, 1e-30)) for name, tensor in update.items()}

    def scale(self, name, update):  # noqa: ARG002
        return self.multiplier

    def integers(self, tensor):
        return torch.zeros_like(tensor)

    def __call__(self, update, generator):
        clipped = self.clip({name: tensor for name, tensor in update.items() if tensor.is_floating_point()})
        sent = {
            name: clipped[name] + self.scale(name, update) * torch.from_numpy(generator.standard_normal(tensor.shape))
            if name in clipped
            else self.integers(tensor)
            for name, tensor in update.items()
        }
        return Released({name: sent[name].to(update[name].dtype) for name in update}, nbytes(update))


class Escaped(Noisy):
    def scale(self, name, update):
        return 0.0 if name == "1.running_mean" else super().scale(name, update)


class Carried(Noisy):
    def integers(self, tensor):
        return tensor


class ByData(Noisy):
    def scale(self, name, update):
        return super().scale(name, update) * float(update[name].abs().max().clamp(min=1e-2))


class Halved(Noisy):
    def scale(self, name, update):
        return super().scale(name, update) / 2


class Unclipped(Noisy):
    def clip(self, update):
        return update


class UnclippedInOne(Noisy):
    def clip(self, update):
        return super().clip(update) | {"0.bias": update["0.bias"]}


def claiming(function) -> Release:
    """Return a release that claims Gaussian noise of `MULTIPLIER`."""
    return Release("mine", function, GaussianDpEvent(MULTIPLIER), "for the test")


@pytest.fixture
def batch_normalised():
    return nn.Sequential(nn.Linear(20, 30), nn.BatchNorm1d(30), nn.Linear(30, 4)).state_dict()


def test_a_sound_release_passes(batch_normalised):
    release = claiming(Noisy())
    assert find_unmet(release, batch_normalised) is None
    assert hold_to_conditions(release, batch_normalised) is release


@pytest.mark.parametrize(
    ("broken", "found"),
    [
        (Escaped(), "1.running_mean leaves without noise"),
        (Carried(), "1.num_batches_tracked holds integers that leave without noise"),
        (ByData(), "the noise of 0.weight depends on the update, and so tells of it"),
        (Halved(), "one client moves what is sent by 2"),
        (Unclipped(), "one client moves what is sent by"),
        (UnclippedInOne(), "one client moves what is sent by"),
    ],
)
def test_a_broken_one_is_refused_with_the_reason(batch_normalised, broken, found):
    refused = hold_to_conditions(claiming(broken), batch_normalised)
    assert isinstance(refused.event, NonPrivateDpEvent)
    assert refused.reason.startswith("its claim is refused: ")
    assert found in refused.reason


def test_what_stands_behind_a_mechanism_does_not_hide_what_is_broken_in_it(batch_normalised):
    chained = claiming(Escaped()).then(parse_release("fedsz:rel=1e-1"))
    assert isinstance(hold_to_conditions(chained, batch_normalised).event, NonPrivateDpEvent)
    assert hold_to_conditions(claiming(Noisy()).then(parse_release("fedsz:rel=1e-1")), batch_normalised).is_proved


def test_what_claims_nothing_is_not_tried(batch_normalised):
    fails = claiming(lambda *_: pytest.fail("it was tried"))
    hold_to_conditions(replace(fails, event=NonPrivateDpEvent()), batch_normalised)


SOUND = [
    "gaussian:eps=8,clip=1",
    "gaussian:noise=0.3,clip=1e-3+fedsz:abs=0.5sigma",
    "gaussian:noise=20,clip=5+fedsz:rel=1e-1",
    "fedsz:rel=1e-2+gaussian:eps=2,clip=1",
    "dither:abs=1e-2,clip=1e-3",
    "layered-gaussian:eps=8,clip=1",
    "layered-gaussian:eps=1,server=8,clip=1",
    "layered-gaussian:noise=0.3,secret=0.28,clip=1e-2",
    "layered-laplace:eps=8,clip=1",
    "staircase:eps=4,clip=1e-3",
    "rqm:clip=1e-2",
]


@pytest.mark.parametrize("name", SOUND)
def test_the_mechanisms_that_are_built_in_pass(batch_normalised, name):
    release = parse_release(name)
    assert release.is_proved
    assert find_unmet(release, batch_normalised) is None


@pytest.mark.parametrize("name", ["layered-gaussian:noise=2,clip=1", "layered-laplace:eps=1,clip=1"])
def test_what_holds_against_outsiders_passes_too(batch_normalised, name):
    assert find_unmet(parse_release(name).against(Observer.OUTSIDER), batch_normalised) is None


def test_a_layered_release_that_forgets_to_clip_is_refused(batch_normalised, monkeypatch):
    monkeypatch.setattr(layered_gaussian, "clip_norm", lambda values, *_: values)
    release = parse_release("layered-gaussian:noise=2,clip=1").against(Observer.OUTSIDER)
    assert "one client moves what is sent by" in find_unmet(release, batch_normalised)


@dataclass(frozen=True)
class Counted(Noisy):
    """Keeps the number of elements that it was given."""

    elements: list[int] = field(default_factory=list)

    def __call__(self, update, generator):
        self.elements.append(sum(tensor.numel() for tensor in update.values()))
        return super().__call__(update, generator)


def test_a_large_model_is_tried_on_the_first_rows_of_its_tensors():
    release = Counted()
    assert find_unmet(claiming(release), {"weight": torch.zeros(4000, 1000), "bias": torch.zeros(7)}) is None
    assert set(release.elements) == {4007}


@pytest.mark.skipif(not find_spec("opendp"), reason="opendp is not installed")
def test_noise_of_a_secure_source_is_not_held_to_a_replay():
    assert find_unmet(parse_release("certified-gaussian:eps=8,clip=1"), {"weight": torch.zeros(40)}) is None


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(sizes=st.lists(st.integers(0, 40), min_size=1, max_size=6).filter(any), seed=st.integers(0, 2**32))
def test_no_sound_release_is_refused_however_small_its_tensors_are(sizes, seed):
    """Each tensor has a false alarm with probability 1e-6 at most: one in a thousand runs of this test."""
    state = {str(number): torch.zeros(size) for number, size in enumerate(sizes)}
    assert find_unmet(claiming(Noisy()), state, seed) is None
