import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fedsz_privacy import ErrorBound, FedSZ, InputError, LossyWarning, parse_release
from fedsz_privacy.codec.frame import unpack
from fedsz_privacy.codec.lossy import Shortfall, find_shortfall, lossy_share, without_lossy_warnings
from fedsz_privacy.defences.mechanisms.fedsz import fedsz
from fedsz_privacy.defences.release import find_lossy_shortfall

BOUND = ErrorBound.rel(1e-2)
NAMES = {
    "pytorch": ("conv.weight", "conv.bias", "fc.weight", "fc.bias"),
    "flax": ("conv/kernel", "conv/bias", "dense/kernel", "dense/bias"),
    "adapters": ("q.lora_A", "q.bias", "q.lora_B", "v.bias"),
    "flower": ("0", "1", "2", "3"),
}


def named(names):
    torch.manual_seed(0)
    shapes = (torch.Size([32, 16, 3, 3]), torch.Size([1500]), torch.Size([120, 200]), torch.Size([10]))
    return {name: torch.randn(shape) for name, shape in zip(names, shapes, strict=True)}


@pytest.mark.parametrize("kind", NAMES)
def test_the_same_tensors_are_lossy_whatever_the_framework_calls_them(kind):
    state = named(NAMES[kind])
    assert list(FedSZ(BOUND).bounds(state)) == [NAMES[kind][0], NAMES[kind][2]]


def test_a_state_shrinks_alike_under_every_frameworks_names():
    sizes = [len(FedSZ(BOUND).encode(named(names))) for names in NAMES.values()]
    assert max(sizes) - min(sizes) < 40, "no more than the names themselves"


def test_a_state_with_names_keeps_the_papers_rule():
    state = {"embed.weight": torch.randn(60, 50), "kernel": torch.randn(20, 60)}
    assert list(FedSZ(BOUND).bounds(state)) == ["embed.weight"]


def test_a_users_rule_decides_and_any_pipeline_reads_its_frames():
    state = {"embed.weight": torch.randn(60, 50), "kernel": torch.randn(60, 60)}
    own = FedSZ(BOUND, lossy=lambda name, _: name == "kernel")
    frame, bounds = own.encode_with_bounds(state)
    decoded = FedSZ(BOUND).decode(frame)
    assert list(bounds) == ["kernel"]
    assert torch.equal(decoded["embed.weight"], state["embed.weight"])
    assert 0 < (decoded["kernel"] - state["kernel"]).abs().max() <= bounds["kernel"]


DTYPES = (torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.uint8, torch.bool,
          torch.complex64)  # fmt: skip


@settings(derandomize=True, deadline=None, max_examples=40)
@given(
    st.dictionaries(
        st.text(max_size=8), st.tuples(st.sampled_from(DTYPES), st.lists(st.integers(0, 7), max_size=4)), max_size=5
    ),
    st.integers(0, 60),
)
def test_no_rule_makes_a_small_tensor_or_one_that_is_no_float_lossy(kinds, threshold):
    torch.manual_seed(0)
    state = {name: (100 * torch.randn(shape)).to(dtype) for name, (dtype, shape) in kinds.items()}
    fedsz = FedSZ(ErrorBound.abs(1.0), threshold=threshold, lossy=lambda *_: True)
    with without_lossy_warnings():
        frame, bounds = fedsz.encode_with_bounds(state)
    assert all(state[name].is_floating_point() and state[name].numel() > threshold for name in bounds)
    streams = {entry.name for entry in unpack(frame)[0].entries if entry.stream_size}
    assert streams <= set(bounds)
    decoded = fedsz.decode(frame)
    assert all(torch.equal(decoded[name], tensor) for name, tensor in state.items() if name not in bounds)


@pytest.mark.parametrize("lossy", [1.0, "weight"])
def test_a_rule_that_is_no_function_is_one_line(lossy):
    with pytest.raises(InputError, match=f"lossy {lossy!r}: give a function of a tensor's name"):
        FedSZ(BOUND, lossy=lossy)
    with pytest.raises(InputError, match=r"lossy 1\.0: give a function"):
        parse_release("fedsz:lossy=1,rel=1e-2")


def test_the_share_is_that_of_the_float_bytes():
    state = {"a": torch.randn(30, dtype=torch.float64), "b": torch.randn(60), "steps": torch.arange(1000)}
    assert lossy_share(state, ["a"]) == pytest.approx(240 / 480)
    assert lossy_share(state, {"a": 0.1, "b": 0.2}) == 1
    assert lossy_share(state, []) == 0
    assert lossy_share({"steps": torch.arange(3)}, []) == lossy_share({}, []) == 1


def test_a_state_of_which_nothing_is_lossy_is_warned_of_with_the_remedy():
    state = {"flat": torch.randn(5000), "steps": torch.tensor(1)}
    with pytest.warns(LossyWarning, match=r"^only 0\.0% of the state's float bytes .*FedSZ\(bound, lossy=") as caught:
        FedSZ(BOUND).encode(state)
    assert "\n" not in str(caught[0].message)
    assert caught[0].filename == __file__


def test_less_than_half_of_the_float_bytes_is_warned_of_and_half_is_not():
    less = {"a.weight": torch.randn(2000), "adapter": torch.randn(2001)}
    with pytest.warns(LossyWarning, match=r"only 50\.0%"):
        FedSZ(BOUND).encode(less)
    FedSZ(BOUND).encode({"a.weight": torch.randn(2001), "adapter": torch.randn(2000)})


@pytest.mark.parametrize(
    "state",
    [
        {"a.weight": torch.zeros(3000, 10), "b.weight": torch.randn(40, 50)},
        {"a.weight": torch.randn(40, 50), "frozen": torch.zeros(90_000)},
        {"a.weight": torch.zeros(40, 50)},
        {"a.weight": torch.full((40, 50), float("nan"))},
        {"steps": torch.arange(5000)},
        {},
    ],
    ids=["frozen weights", "other frozen tensors", "nothing moved", "nothing but NaN", "integers", "empty"],
)
def test_a_state_in_which_no_rule_could_do_more_is_not_warned_of(state):
    """Warnings are errors here."""
    FedSZ(BOUND).encode(state)
    assert find_shortfall(state, FedSZ(BOUND).bounds(state)) is None


@pytest.mark.parametrize(
    ("state", "remedy"),
    [
        ({"small": torch.randn(1000), "other": torch.randn(10, 10)}, "lower threshold="),
        ({"a.weight": torch.randn(40, 50), "bank": torch.randn(9_000)}, "choose tensors by lossy="),
        ({"base.weight": torch.zeros(64, 64), "lora_A": torch.randn(16, 640)}, "choose tensors by lossy="),
    ],
    ids=["small tensors", "another name", "an adapter of a frozen layer"],
)
def test_a_state_of_which_nothing_or_little_is_lossy_is_warned_of(state, remedy):
    with pytest.warns(LossyWarning, match=remedy):
        FedSZ(BOUND).encode(state)
    assert remedy in str(find_shortfall(state, FedSZ(BOUND).bounds(state)))


def test_values_that_are_not_finite_count_as_values():
    state = {"a.weight": torch.randn(40, 50), "odd": torch.full((90_000,), float("nan"))}
    state["odd"][5] = 1
    assert str(find_shortfall(state, FedSZ(BOUND).bounds(state))).startswith("only 2.2% of")


def test_a_release_says_what_its_codec_leaves_out(rng):
    flat, held = {"flat": torch.randn(5000)}, {"a.weight": torch.randn(50, 50)}
    assert find_lossy_shortfall(parse_release("none+fedsz:rel=1e-2"), flat, rng) == Shortfall(0, has_large=True)
    assert find_lossy_shortfall(parse_release("fedsz:rel=1e-2"), held, rng) is None
    assert find_lossy_shortfall(parse_release("none"), flat, rng) is None
    assert find_lossy_shortfall(fedsz(rel=1e-2, lossy=lambda *_: True), flat, rng) is None


def test_whoever_says_it_himself_can_silence_this_warning_and_no_other():
    with without_lossy_warnings():
        FedSZ(BOUND).encode({"flat": torch.randn(5000)})
        with pytest.raises(UserWarning, match="another"):
            warnings.warn("another", UserWarning, stacklevel=1)


def test_a_release_with_a_rule_of_its_own_compresses_by_it(rng):
    update = {"flat": torch.linspace(0, 1, 5000)}
    released = fedsz(rel=1e-2, lossy=lambda name, _: name == "flat").apply(update, rng)
    assert released.nbytes < 5000
    assert 0 < (released.update["flat"] - update["flat"]).abs().max() <= released.bounds["flat"]


def test_a_rule_that_writes_into_tensors_changes_nothing_that_is_sent():
    def zero(_, tensor):
        return bool(tensor.zero_().numel())

    state = {"a": torch.linspace(0, 1, 2000), "b": torch.linspace(1, 2, 2000)}
    own, all_of_them = (FedSZ(BOUND, lossy=rule) for rule in (zero, lambda *_: True))
    assert own.encode(state) == all_of_them.encode(state)
    assert state["a"].equal(torch.linspace(0, 1, 2000))


@pytest.mark.parametrize("answer", [True, np.True_, torch.tensor(True)])
def test_a_rule_may_say_true_in_any_bool(answer):
    assert FedSZ(BOUND, lossy=lambda *_: answer).bounds({"a": torch.linspace(0, 1, 2000)})


@pytest.mark.parametrize("answer", [None, 1, "no", torch.tensor(1.0)])
def test_a_rule_that_says_neither_true_nor_false_is_one_line(answer):
    with pytest.raises(InputError, match=f"lossy gives a {type(answer).__name__} for tensor 'a': return True or False"):
        FedSZ(BOUND, lossy=lambda *_: answer).encode({"a": torch.linspace(0, 1, 2000)})
