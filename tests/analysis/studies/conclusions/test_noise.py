"""The conclusion on a release's error quotes the study that it is of."""

import torch

from analysis.reporting.numbers import as_upper_bound
from analysis.studies.conclusions.noise import conclude, most_common
from analysis.studies.noise.checkpoint_study import study_checkpoint
from fedsz_privacy.defences.parsing import parse_release


def studied(text):
    torch.manual_seed(0)
    state = {"a.weight": torch.randn(60, 100), "b.weight": torch.randn(60, 100)}
    return study_checkpoint(parse_release(text), state)


def test_a_codec_without_randomness_has_no_guarantee_and_an_observer_who_tells_neighbours_apart():
    study = studied("fedsz:abs=1e-2")
    family, tensors = most_common(study)
    assert conclude("fedsz:abs=1e-2", study) == (
        "fedsz:abs=1e-2: no guarantee; an observer who knows both of two neighbours, 1e-6 of each tensor's norm apart, "
        "and all that the release draws at random, told the two apart; single tensors look most like "
        f"{family} ({tensors} of 2), pooled errors look {study.raw.best.family}"
    )
    assert (family, tensors) == ("uniform", 2)


def test_a_release_with_a_guarantee_has_its_epsilon_and_its_unit():
    said = conclude("gaussian:clip=1,noise=1", studied("gaussian:clip=1,noise=1"))
    epsilon = studied("gaussian:clip=1,noise=1").guarantee.epsilon
    assert said.startswith(
        f"gaussian:clip=1,noise=1: guaranteed: epsilon {as_upper_bound(epsilon)} at delta 1e-5 for one "
    )
    assert "told the two apart (what is guaranteed holds against who does not know the draw)" in said
    assert "single tensors look most like normal (2 of 2)" in said
