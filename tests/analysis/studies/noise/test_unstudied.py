import torch

from analysis.studies.noise.checkpoint_study import study_checkpoint
from analysis.studies.noise.found import NoiseReport
from analysis.studies.noise.report import make_page
from analysis.studies.noise.spec import NoiseSpec
from analysis.studies.noise.unstudied import Reason, find_unstudied, in_words
from fedsz_privacy.defences.parsing import parse_release

NAN = float("nan")
FINE = torch.randn(60, 50, generator=torch.Generator().manual_seed(0))
STATE = {
    "a.weight": FINE,
    "constant.weight": torch.full((60, 50), 0.5),
    "nan.weight": torch.full((60, 50), NAN),
    "inf.weight": torch.full((60, 50), float("inf")),
    "a.bias": torch.ones(60),
    "partly.weight": torch.where(torch.arange(3000) < 100, torch.randn(3000), NAN),
    "empty": torch.empty(0),
    "steps": torch.tensor(3),
}
LINE = (
    "6 of 7 float tensors: 'nan.weight', 'inf.weight' (no finite number); 'a.bias', 'partly.weight', 'empty' (fewer "
    "than 128 finite numbers); 'constant.weight' (no error to measure)"
)


def page_of(tmp_path, *releases):
    torch.save(STATE, tmp_path / "state.pt")
    spec = NoiseSpec(tmp_path / "state.pt", releases=releases)
    studies = {each.name: study_checkpoint(each, STATE) for each in spec.parse_releases()}
    return make_page(NoiseReport(spec, 1, studies))


def test_every_float_tensor_is_studied_or_has_a_reason():
    study = study_checkpoint(parse_release("fedsz:rel=1e-2"), STATE)
    assert list(study.tensors) == ["a.weight"]
    assert study.unstudied == find_unstudied(STATE, {"a.weight"})
    assert {*study.tensors, *study.unstudied} == {name for name in STATE if name != "steps"}
    assert in_words(study.unstudied, 7) == LINE
    assert study.to_dict()["unstudied"]["nan.weight"] == "no finite number"


def test_page_and_terminal_say_what_was_not_studied(tmp_path):
    page = page_of(tmp_path, "fedsz:rel=1e-2", "fedsz:rel=1e-1", "none")
    assert page.setting["Not studied"] == LINE
    assert [(each.title, each.lines) for each in page.closing][-1] == ("Not studied", (LINE,))


def test_releases_that_do_not_agree_have_a_line_each(tmp_path):
    """A codec keeps a constant tensor, of which `topk` drops all but a tenth."""
    page = page_of(tmp_path, "fedsz:rel=1e-2", "bf16", "topk:share=0.1")
    told = {title: line for title, line in page.setting.items() if title.startswith("Not studied")}
    assert list(told) == ["Not studied under fedsz:rel=1e-2, bf16", "Not studied under topk:share=0.1"]
    assert "constant.weight" not in told["Not studied under topk:share=0.1"]


def test_where_all_is_studied_nothing_is_said_and_of_many_names_the_first_three():
    assert find_unstudied({"w": FINE, "steps": torch.tensor(3)}, {"w"}) == {}
    assert in_words({}, 1) == ""
    many = {f"{number}.bias": Reason.FEW for number in range(1203)}
    assert in_words(many, 2000) == (
        "1,203 of 2,000 float tensors: '0.bias', '1.bias', '2.bias' and 1,200 more (fewer than 128 finite numbers)"
    )
