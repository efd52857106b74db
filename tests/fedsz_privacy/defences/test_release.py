import math
import sys
from dataclasses import replace
from itertools import product
from time import perf_counter, sleep

import dp_accounting
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fedsz_privacy import ErrorBound, FedSZ, InputError, Release, Released, parse_release
from fedsz_privacy.codec.compressors import get_compressor
from fedsz_privacy.codec.last_round import LastRound
from fedsz_privacy.codec.lossless import get_lossless
from fedsz_privacy.codec.lossy import THRESHOLD
from fedsz_privacy.codec.names import COMPRESSOR_NAMES, DEFAULT_COMPRESSOR, DEFAULT_LOSSLESS, LOSSLESS_NAMES
from fedsz_privacy.core.numbers import write_number, write_shortest
from fedsz_privacy.core.state import nbytes
from fedsz_privacy.defences.defence import Setting, parse_defence
from fedsz_privacy.defences.grammar import split_parts
from fedsz_privacy.defences.reading import settle_defences
from fedsz_privacy.defences.release import release_each
from fedsz_privacy.training.accounting import epsilon
from fedsz_privacy.training.descent import Training

NAMES = ["none", "fedsz:rel=1e-2", "fedsz:abs=1e-4", "fedsz:rel=1.25e-2", "fedsz:rel=1e-2+fedsz:abs=1e2"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_parses_to_a_release_of_that_name(name):
    assert parse_release(name).name == name


def test_another_spelling_of_a_number_gives_the_same_name():
    assert parse_release("fedsz:rel=0.010").name == "fedsz:rel=1e-2"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot read"),
        ("zip", "unknown release 'zip': choose one of none, fedsz"),
        ("fedsz", "takes one bound"),
        ("fedsz:rel=", "cannot read"),
        (
            "fedsz:rel=big",
            "'fedsz:rel=big': 'big' is not a number, write one such as 1e-2; words are for compressor and",
        ),
        ("dither:rel=big", "'dither:rel=big': 'big' is not a number, write one such as 1e-2$"),
        ("fedsz:rel=1e-2,compresor=sz2", "'sz2' is not a number, .* words are for compressor and lossless"),
        ("fedsz:rel=1e-2,compressor=zip", "unknown compressor 'zip': choose one of nopred, lorenzo_reg"),
        ("fedsz:rel=1e-2,compressor=3", "unknown compressor '3': choose one of nopred"),
        ("fedsz:rel=1e-2,lossless=lz4", "unknown lossless codec 'lz4': choose one of zstd, zlib, gzip, xz, blosclz"),
        ("fedsz:rel=1e-2,threshold=many", "threshold=many': 'many' is not a number"),
        ("fedsz:rel=1e-2,threshold=1.5", "threshold 1.5: choose a whole number from 0"),
        ("fedsz:rel=1e-2,threshold=-1", "threshold -1: choose 0 or more"),
        ("fedsz:rel=1e-2,threshold=nan", "threshold nan: choose a whole number"),
        ("fedsz:rel=1e-2,lossy=weight", "lossy=weight': 'weight' is not a number"),
        ("fedsz:rel=1e-2,compressor=sz2,compressor=sz2", "gives compressor more than once"),
        ("fedsz:abs=halfsigma", "'halfsigma' is not a number"),
        ("fedsz:rel=0", "choose a positive number"),
        ("fedsz:rel=-1", "choose a positive number"),
        ("fedsz:rel=nan", "choose a positive number"),
        ("fedsz:rel=1e-2,abs=1", "takes one bound"),
        ("fedsz:psnr=40", "choose abs or rel"),
        ("none:rel=1e-2", "none takes other options"),
        ("none+", "cannot read"),
        ("none:rel", "cannot read 'none:rel': none is built in, write its options as name=number"),
        ("fedsz:rel", "cannot read 'fedsz:rel': fedsz is built in"),
        ("zip:level", "no module 'zip' for 'zip:level'"),
        ("own_release:", "cannot read 'own_release:': write none, fedsz:rel=1e-2 or module:factory:x=1"),
        ("own_release:scaled:factor", "cannot read"),
    ],
)
def test_a_string_that_names_no_release_says_why_in_one_line(text, message):
    with pytest.raises(InputError, match=message) as caught:
        parse_release(text)
    assert "\n" not in str(caught.value)


@given(
    st.floats(1e-9, 1),
    st.sampled_from(COMPRESSOR_NAMES),
    st.sampled_from(LOSSLESS_NAMES),
    st.integers(0, 2**40),
    st.permutations(range(4)),
)
@settings(derandomize=True)
def test_a_release_of_words_in_any_order_is_named_by_a_string_that_reads_as_it(rel, compressor, lossless, size, order):
    options = [f"rel={rel!r}", f"compressor={compressor}", f"lossless={lossless}", f"threshold={size}"]
    release = parse_release("fedsz:" + ",".join(options[place] for place in order))
    assert parse_release(release.name).name == release.name
    assert ("compressor" in release.name) == (compressor != DEFAULT_COMPRESSOR)
    assert ("lossless" in release.name) == (lossless != DEFAULT_LOSSLESS)
    assert ("threshold" in release.name) == (size != THRESHOLD)


def test_the_names_of_defaults_are_those_of_the_pipeline():
    fedsz = FedSZ(ErrorBound.rel(1e-2))
    assert (fedsz.compressor, fedsz.lossless) == (get_compressor(DEFAULT_COMPRESSOR), get_lossless(DEFAULT_LOSSLESS))
    assert parse_release("fedsz:rel=1e-2,compressor=auto,lossless=zstd,threshold=1000").name == "fedsz:rel=1e-2"


def test_a_multiple_of_sigma_stands_beside_words_in_one_order():
    noise = "gaussian:noise=1,clip=1"
    name = f"{noise}+fedsz:abs=0.5sigma,compressor=zfp,threshold=10"
    assert parse_release(f"{noise}+fedsz:threshold=1e1,compressor=zfp,abs=0.50sigma,lossless=zstd").name == name
    assert parse_release(name).name == name


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ("compressor=sz2,lossless=blosclz", {"compressor": get_compressor("sz2"), "lossless": get_lossless("blosclz")}),
        ("compressor=interp", {"compressor": get_compressor("interp")}),
        ("threshold=0", {"threshold": 0}),
    ],
)
def test_a_release_of_words_sends_the_frame_of_that_pipeline(options, asked, rng):
    if "sz2" in options:
        pytest.importorskip("hdf5plugin")
    if "blosclz" in options:
        pytest.importorskip("blosc2")
    torch.manual_seed(0)
    update = {"weight": torch.randn(60, 50), "small.weight": torch.randn(20), "steps": torch.arange(900)}
    release = parse_release(f"fedsz:rel=1e-2,{options}")
    frame = FedSZ(ErrorBound.rel(1e-2), **asked).encode(update)
    assert release.encode(update, rng) == frame != parse_release("fedsz:rel=1e-2").encode(update, rng)
    assert release.apply(update, rng).nbytes == len(frame)


def test_none_releases_the_update_itself(state, rng):
    released = parse_release("none").apply(state, rng)
    assert released.update is state
    assert released.nbytes == sum(t.numel() * t.element_size() for t in state.values())


def test_fedsz_reports_wire_size_and_bounds(rng):
    update = {"weight": torch.linspace(-1, 1, 5000)}
    released = parse_release("fedsz:rel=1e-2").apply(update, rng)
    assert released.nbytes < 5000
    assert released.bounds["weight"] == pytest.approx(0.02)
    assert 0 < (released.update["weight"] - update["weight"]).abs().max() <= 0.02


def layouts():
    """Updates as GPU-minded and double-precision trainings leave them."""
    torch.manual_seed(0)
    image = torch.randn(8, 16, 5, 5)
    return {
        "channels_last": {"weight": image.to(memory_format=torch.channels_last), "steps": torch.tensor(3)},
        "float64": {"weight": image.double(), "bias": torch.randn(8, dtype=torch.float64)},
        "bfloat16": {"weight": image.bfloat16(), "bias": torch.randn(8).bfloat16()},
        "transposed": {"weight": torch.randn(90, 40).T, "mask": torch.rand(5) > 0.5},
        "on the tape": {"weight": torch.nn.Parameter(image)},
        "no dimensions": {"scale": torch.tensor(0.5), "weight": image},
    }


@pytest.mark.parametrize("layout", layouts())
@pytest.mark.parametrize("name", [*NAMES, "none+fedsz:rel=1e-2"])
def test_updates_of_every_layout_and_width_pass_every_release(name, layout, rng):
    update = layouts()[layout]
    released, passed, allowed = parse_release(name).apply(update, rng), update, dict.fromkeys(update, 0.0)
    for part in split_parts(name):
        step = parse_release(part).apply(passed, rng)
        passed, allowed = step.update, {key: most + step.bounds.get(key, 0.0) for key, most in allowed.items()}
    assert list(released.update) == list(update)
    for key, tensor in update.items():
        found = released.update[key]
        assert (found.shape, found.dtype) == (tensor.shape, tensor.dtype)
        assert (found.double() - tensor.double()).abs().max() <= allowed[key]
    assert 0 < released.nbytes <= nbytes(update) + 500


def test_time_is_taken_of_apply_whatever_a_release_reports(rng):
    def apply(update, _):
        sleep(0.02)
        return Released(update, 1)

    silent = Release("slow", apply, dp_accounting.NonPrivateDpEvent(), "for the test")
    boastful = replace(silent, apply=lambda *given: replace(apply(*given), encode_seconds=1e-9, decode_seconds=0.015))
    strange = replace(silent, apply=lambda *given: replace(apply(*given), encode_seconds=99.0, decode_seconds=99.0))
    updates = {"weight": torch.zeros(2, 3)}
    for each in release_each(silent, updates, [rng, rng]):
        assert 0.02 <= each.encode_seconds < 90
        assert each.decode_seconds == 0
    for each in release_each(boastful, updates, [rng, rng]):
        assert 0.005 <= each.encode_seconds < 90
        assert each.decode_seconds == 0.015
    assert [each.encode_seconds for each in release_each(strange, updates, [rng, rng])] == [0, 0]


def test_a_codecs_time_is_split_into_encoding_and_decoding():
    start = perf_counter()
    (released,) = release_each(parse_release("fedsz:rel=1e-2"), {"weight": torch.randn(1, 300, 300)}, [None])
    total = perf_counter() - start
    assert min(released.encode_seconds, released.decode_seconds) > 0
    assert released.encode_seconds + released.decode_seconds <= total


@pytest.mark.parametrize("text", ["fedsz:rel=1e-2", "none+fedsz:rel=1e-2", "fedsz:rel=1e-1+fedsz:rel=1e-2"])
def test_a_release_that_ends_in_a_codec_has_the_frame_of_what_it_returns(text, rng):
    release, update = parse_release(text), {"weight": torch.randn(2000), "steps": torch.tensor(3)}
    assert release.encode is not None
    decoded = FedSZ(ErrorBound.rel(0.5)).decode(release.encode(update, rng))
    assert all(tensor.equal(decoded[name]) for name, tensor in release.apply(update, rng).update.items())


@pytest.mark.parametrize("text", ["none", "fedsz:rel=1e-2+none"])
def test_any_other_release_has_no_frame(text):
    assert parse_release(text).encode is None


@pytest.mark.parametrize(
    ("text", "nothing"), [("none", True), ("none+none", True), ("none+int8", False), ("int8+none", False)]
)
def test_a_release_loses_nothing_if_no_part_of_it_does(text, nothing):
    assert parse_release(text).loses_nothing is nothing


@pytest.mark.parametrize(
    "text", ["none", "fedsz:rel=1e-2", "fedsz:abs=1e2", "fedsz:rel=1e-1,memory=1", "ef+fedsz:rel=1e-1"]
)
def test_a_codec_treats_every_tensor_as_if_the_others_were_empty(text, rng):
    release, state = parse_release(text), {"a.weight": torch.randn(50, 60), "b.weight": torch.randn(40, 50)}
    assert release.tensor_by_tensor
    assert release.then(parse_release("none")).tensor_by_tensor
    whole = release.apply(state, rng).update
    emptied = {name: tensor.new_empty(0) for name, tensor in state.items()}
    for name, tensor in state.items():
        assert torch.equal(release.apply(emptied | {name: tensor}, rng).update[name], whole[name])


@pytest.mark.parametrize("text", ["topk:share=0.1", "gaussian:noise=1,clip=1+fedsz:rel=1e-2", "fedsz:rel=1e-2+int8"])
def test_no_other_release_is_known_to_treat_every_tensor_by_itself(text):
    assert not parse_release(text).tensor_by_tensor


KEEPING = (
    "none",
    *(f"fedsz:{bound},compressor={each}" for bound in ("rel=1e-1", "abs=1") for each in ("auto", "scaled", "nopred")),
    *("fedsz:rel=1e-2,compressor=sz2", "fedsz:abs=1,compressor=zfp", "fedsz:abs=1,memory=1"),
    *("topk:share=0.1", "int8", "bf16", "sign", "qsgd:bits=4", "eden:bits=1", "stochastic:abs=1", "dither:rel=1e-1"),
)
NOISE = "gaussian:noise=1,clip=1"


@pytest.mark.parametrize("text", [*KEEPING, "int8+topk:share=0.1"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_what_may_stand_before_a_mechanism_sends_zeros_as_zeros(text, dtype):
    release, zeros = parse_release(text), {"weight": torch.zeros(60, 70, dtype=dtype), "bias": torch.zeros(7)}
    last = LastRound(0, {name: torch.ones_like(tensor).cumsum(0) for name, tensor in zeros.items()})
    assert release.keeps_zeros
    for each, seed in product((release, release.after(last)), range(5)):
        sent = each.apply({name: tensor.clone() for name, tensor in zeros.items()}, np.random.default_rng(seed)).update
        assert not any(tensor.any() for tensor in sent.values())
    assert parse_release(f"{text}+{NOISE}").is_proved


@pytest.mark.parametrize("text", ["dither:abs=1", "int8+dither:abs=1", "dither:abs=1+int8"])
def test_a_mechanism_behind_what_moves_zeros_guarantees_nothing(text):
    """Both neighbours may be moved, and lie up to two clip norms apart: its proof compares an update with zeros."""
    found = parse_release(f"{text}+{NOISE}")
    assert not found.is_proved
    assert "is not known to send zeros as zeros, so gaussian:noise=1,clip=1 behind it guarantees" in found.reason


@pytest.mark.parametrize("keeps", [True, False])
def test_that_a_users_own_release_keeps_zeros_is_its_claim(keeps, tmp_path, monkeypatch):
    (tmp_path / "own_front.py").write_text(OWN_FRONT.format(keeps=keeps))
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop("own_front", None)
    found = parse_release(f"own_front:half+{NOISE}")
    assert found.is_proved is found.claimed is keeps
    if keeps:
        assert found.reason.startswith("claimed by own_front:half, accounted for and not checked: it keeps zeros; an ")


OWN_FRONT = """
import dp_accounting
from fedsz_privacy import Release, Released


def apply(update, generator):
    return Released({{name: tensor / 2 for name, tensor in update.items()}}, 1)


def half():
    return Release("half", apply, dp_accounting.NonPrivateDpEvent(), "for the test", keeps_zeros={keeps})
"""


def test_then_applies_in_order_and_keeps_the_first_event(rng):
    event = dp_accounting.GaussianDpEvent(2.0)
    double = Release("double", lambda u, _: Released({k: 2 * t for k, t in u.items()}, 1), event, "for the test")
    chained = double.then(parse_release("fedsz:abs=1e-3"))
    update = {"weight": torch.linspace(0, 1, 2000)}
    assert chained.event is event
    assert chained.name == "double+fedsz:abs=1e-3"
    assert torch.allclose(chained.apply(update, rng).update["weight"], 2 * update["weight"], atol=1e-3)


def test_nothing_deterministic_is_ever_private():
    for name in [
        "none",
        "fedsz:rel=1e-2",
        "none+fedsz:rel=1e-2",
        "fedsz:rel=3e-1+none",
        "topk:share=0.1",
        "int8",
        "sign",
    ]:
        assert epsilon(parse_release(name).event, delta=1e-5) == math.inf


@given(st.floats(allow_nan=False))
@settings(derandomize=True)
def test_the_shortest_spelling_reads_as_the_same_number(value):
    assert float(write_shortest(value)) == value
    assert len(write_shortest(value)) <= len(repr(value))


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(derandomize=True)
def test_a_power_is_written_as_numpy_writes_it_without_a_plus_sign(value):
    for rounded in (value, np.float32(value) if abs(value) < 1e38 else value):
        assert write_number(rounded) == np.format_float_scientific(rounded, trim="-", exp_digits=1).replace("+", "")


def test_a_plus_sign_separates_parts_unless_it_belongs_to_an_exponent():
    assert split_parts("own:v1e+fedsz:abs=1e+2+own:v2:x=3e+fedsz") == [
        "own:v1e",
        "fedsz:abs=1e+2",
        "own:v2:x=3e",
        "fedsz",
    ]


SOURCE = """
from dp_accounting import GaussianDpEvent
from fedsz_privacy import InputError, Release, Released

def scaled(factor=2.0, l2_norm=1.0):
    def apply(update, _):
        return Released({name: factor * tensor for name, tensor in update.items()}, 7)
    return Release("a name that nobody can parse", apply, GaussianDpEvent(4.0), "for the test")

def shaped(shape: str = "flat", factor=2): return scaled(factor if shape == "flat" else 0)
def number(): return 3
def failing(): return {}["no such key"]
def refusing(size): raise InputError(f"size {size}: choose a smaller one")
NOTHING = None
"""


@pytest.fixture
def own_release(tmp_path, monkeypatch):
    (tmp_path / "own_release.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("own_release")
@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("own_release:scaled", "own_release:scaled"),
        ("own_release:scaled:factor=0.10", "own_release:scaled:factor=0.1"),
        ("own_release:scaled:l2_norm=1,factor=1e+20", "own_release:scaled:factor=1e20,l2_norm=1"),
        ("own_release:scaled:factor=0.12345678", "own_release:scaled:factor=0.12345678"),
        ("own_release:shaped:shape=round,factor=3", "own_release:shaped:factor=3,shape=round"),
        (" own_release:scaled + fedsz:rel=0.01", "own_release:scaled+fedsz:rel=1e-2"),
        ("fedsz:abs=1e+2+own_release:scaled:factor=3", "fedsz:abs=1e2+own_release:scaled:factor=3"),
        ("own_release:scaled:factor=2+own_release:scaled", "own_release:scaled:factor=2+own_release:scaled"),
    ],
)
def test_a_users_release_is_named_by_the_string_that_reads_as_it(text, name):
    assert parse_release(text).name == name
    assert parse_release(name).name == name


@pytest.mark.usefixtures("own_release")
def test_a_users_release_does_what_its_factory_says(rng):
    release = parse_release("own_release:scaled:factor=3+none")
    assert release.apply({"weight": torch.ones(2)}, rng).update["weight"].tolist() == [3, 3]
    assert release.event == dp_accounting.GaussianDpEvent(4.0)
    assert release.reason == "claimed by own_release:scaled, accounted for and not checked: for the test"
    assert release.claimed


@pytest.mark.usefixtures("own_release")
def test_a_users_release_behind_another_one_guarantees_nothing():
    assert epsilon(parse_release("fedsz:rel=1e-2+own_release:scaled").event, delta=1e-5) == math.inf


@pytest.mark.usefixtures("own_release")
def test_a_users_release_stands_among_the_defences_under_its_string():
    texts = ["own_release:scaled:factor=2.0", "dpsgd:eps=8+own_release:scaled", "own_release:scaled:factor=2"]
    settled = settle_defences(texts)
    assert settled == ("own_release:scaled:factor=2", "dpsgd:eps=8+own_release:scaled")
    assert settle_defences(settled) == settled
    setting = Setting(Training(epochs=2), Training(epochs=2), expected_records=50)
    assert [parse_defence(name, setting).name for name in settled] == list(settled)


@pytest.mark.usefixtures("own_release")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("own_release:number", "own_release:number gives an object of type int: make it a Release"),
        ("own_release:NOTHING", "own_release:NOTHING is of type NoneType: write the import path of a function"),
        ("own_release:missing", "module 'own_release' has no 'missing'"),
        ("own_release:scaled:size=1", "own_release:scaled takes other options than size"),
        ("own_release:refusing", "own_release:refusing takes other options than none .*'size'"),
        ("own_release:refusing:size=3", "size 3.0: choose a smaller one"),
        ("own_release:scaled:factor=big", "'big' is not a number"),
    ],
)
def test_an_import_path_that_gives_no_release_is_one_line(text, message):
    with pytest.raises(InputError, match=message) as caught:
        parse_release(text)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("own_release")
def test_an_error_inside_a_users_factory_keeps_its_traceback():
    with pytest.raises(KeyError, match="no such key"):
        parse_release("own_release:failing")


def test_a_release_that_writes_into_its_update_changes_no_other_releases(rng):
    def halve(update, _):
        return Released({name: tensor.mul_(0.5) for name, tensor in update.items()}, nbytes(update))

    updates = {"weight": torch.ones(2, 3)}
    release = Release("halve", halve, dp_accounting.NonPrivateDpEvent(), "for the test")
    assert [each.update["weight"].tolist() for each in release_each(release, updates, [rng, rng])] == 2 * [[0.5] * 3]
    assert updates["weight"].eq(1).all()


def test_what_an_imported_release_guarantees_is_called_a_claim(tmp_path, monkeypatch):
    (tmp_path / "own_claims.py").write_text(
        "from dataclasses import replace\nfrom dp_accounting import GaussianDpEvent\n"
        "from fedsz_privacy.defences.mechanisms.none import none\n\n\n"
        "def private():\n    return replace(none(), event=GaussianDpEvent(1.0), reason='noise was added')\n\n\n"
        "def plain():\n    return none()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    claimed = parse_release("own_claims:private").reason
    assert claimed == "claimed by own_claims:private, accounted for and not checked: noise was added"
    assert parse_release("own_claims:plain").reason == parse_release("none").reason
