import numpy as np
import pytest
import torch
from dp_accounting import NonPrivateDpEvent
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from rivals import RIVALS, UNPROVED

from fedsz_privacy.codec.frame import pack
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.defences.mechanisms import sending
from fedsz_privacy.defences.parsing import parse_release
from fedsz_privacy.defences.release import release_copy


@pytest.mark.parametrize("name", RIVALS)
def test_every_kind_of_tensor_comes_back_in_its_shape_and_dtype(name, state, rng):
    release = parse_release(name)
    released = release_copy(release, {k: t for k, t in state.items() if not t.is_complex()}, rng)
    for key, tensor in released.update.items():
        if not tensor.is_floating_point():
            assert tensor.equal(torch.zeros_like(tensor) if release.is_proved else state[key]), key


@pytest.mark.parametrize("name", RIVALS)
def test_the_size_is_that_of_the_frame_that_is_decoded(name, state, rng, monkeypatch):
    frames = []
    monkeypatch.setattr(sending, "pack", lambda *parts: frames.append(pack(*parts)) or frames[-1])
    update = {key: tensor for key, tensor in state.items() if not tensor.is_complex()}
    assert parse_release(name).apply(update, rng).nbytes == len(frames[-1])


@pytest.mark.parametrize("name", RIVALS)
@settings(derandomize=True, deadline=None, max_examples=40)
@given(
    values=hnp.arrays(
        st.sampled_from([np.float16, np.float32, np.float64]),
        hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=5),
        elements=st.one_of(st.floats(width=16, allow_nan=False, allow_infinity=False), st.just(0.0)),
    ),
    factor=st.sampled_from([1.0, 1e-300, 1e300, 1e-40, 1e30]),
)
def test_finite_numbers_of_any_size_stay_finite(name, values, factor):
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.asarray(np.nan_to_num(values * np.asarray(factor, values.dtype)), values.dtype)
    released = release_copy(parse_release(name), {"w": torch.from_numpy(scaled)}, np.random.default_rng(1))
    if not values.any() and name in UNPROVED:
        assert not released.update["w"].any()


@pytest.mark.parametrize("name", UNPROVED)
def test_a_tensor_that_is_not_finite_travels_as_it_is(name, rng):
    odd = torch.tensor([1.0, float("nan"), float("-inf"), 0.3])
    released = parse_release(name).apply({"odd": odd, "w": torch.ones(4)}, rng).update
    assert torch.equal(released["odd"].nan_to_num(7.0), odd.nan_to_num(7.0))


@pytest.mark.parametrize("name", RIVALS)
def test_one_huge_coordinate_and_bfloat16_are_carried(name, rng):
    update = {"w": torch.randn(300), "b": torch.randn(50).bfloat16()}
    update["w"][7] = 1e30
    released = release_copy(parse_release(name), update, rng).update
    assert released["b"].dtype == torch.bfloat16


@pytest.mark.parametrize("name", RIVALS)
def test_the_same_generator_gives_the_same_update(name):
    update = {"w": torch.linspace(-0.1, 0.2, 400)}
    one, other = (parse_release(name).apply(update, np.random.default_rng(3)) for _ in range(2))
    assert one.update["w"].equal(other.update["w"])
    assert one.nbytes == other.nbytes


@pytest.mark.parametrize("name", RIVALS)
def test_a_name_reads_as_the_same_release(name):
    assert parse_release(parse_release(name).name).name == parse_release(name).name


@pytest.mark.parametrize("name", UNPROVED)
def test_codecs_guarantee_nothing_and_say_why_in_one_sentence(name):
    release = parse_release(name)
    assert isinstance(release.event, NonPrivateDpEvent)
    assert 40 < len(release.reason) < 250
    assert not release.reason.endswith(".")


@pytest.mark.parametrize(
    ("name", "least"),
    [("topk:share=0.05", 15), ("int8", 4), ("bf16", 2), ("sign", 31), ("qsgd:bits=4", 8), ("eden:bits=1", 31)],
)
def test_normal_updates_shrink(name, least, rng):
    update = {"w": torch.from_numpy(rng.standard_normal(2**17)).float()}
    assert parse_release(name).apply(update, rng).nbytes < 2**19 / least


@pytest.mark.parametrize(
    "text",
    ["topk:share=0", "topk:share=1.5", "topk", "int8:x=1", "qsgd:bits=1", "qsgd:bits=2.5", "qsgd:bits=4,bucket=0",
     "eden:bits=0", "eden:bits=9", "stochastic", "stochastic:abs=1,rel=1", "stochastic:rel=2"],
)  # fmt: skip
def test_what_no_codec_can_be_asked_is_one_line(text):
    with pytest.raises(InputError, match=r"^[^\n]+$"):
        parse_release(text)
