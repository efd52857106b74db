"""What is kept of a run is laid out as it was, and nothing outside the run's folder can come into it."""

import json
from datetime import datetime
from importlib.metadata import version

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from analysis.reporting.finished import KEPT, Kept, reopen, write_run
from analysis.reporting.folder import RunFolder, open_run
from analysis.reporting.page import Lines, Links, Page, Picture
from analysis.reporting.table import Table
from fedsz_privacy import InputError

PNG = b"\x89PNG\r\n\x1a\n"
PAGE = Page(
    title="A <title>",
    question="What?",
    setting={"Seed": "7"},
    conclusion=("it < leaks",),
    body=(
        Table("A table", "note", ("a", "b\nc"), [("1", "<2>")]),
        Picture("a_figure", "what it shows"),
        Lines("x", ("y",)),
        Links("Others", ("seed-1/report.html",)),
    ),
    closing=(Lines("x", ("y", "z")),),
    cover=Picture("a_cover", "what carries it", "AUC 0.6"),
    warnings=("look out",),
)
FILES = {"results.json": "{}\n", "figures/a_figure.png": PNG, "figures/a_cover.png": PNG}


def opened(path) -> RunFolder:
    """Return the folder of a run, open."""
    return open_run(path, {"command": "audit"})


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
tables = st.builds(Table, words, words, st.just(("a", "b")), st.lists(st.tuples(words, words), max_size=3))
lines = st.builds(Lines, words, st.lists(words, max_size=3).map(tuple))
pictures = st.builds(Picture, st.from_regex(r"[a-z][a-z_0-9]{0,9}", fullmatch=True), words, words)
links = st.builds(Links, words, st.lists(st.from_regex(r"[a-z]{1,9}/report\.html", fullmatch=True)).map(tuple))
parts = st.lists(st.one_of(tables, lines, links, pictures), max_size=4).map(tuple)
several = st.lists(words, max_size=2).map(tuple)
pages = st.builds(
    Page,
    words,
    words,
    st.dictionaries(words, words),
    several,
    parts,
    st.lists(lines, max_size=2).map(tuple),
    st.none() | pictures,
    several,
)


@settings(derandomize=True, max_examples=50)
@given(pages, st.dictionaries(words, words), st.dictionaries(words, words))
def test_every_page_is_read_back_as_it_was(page, files, made):
    kept = TypeAdapter(Kept)
    assert kept.validate_json(kept.dump_json(Kept(page, files, made)), strict=True) == Kept(page, files, made)


def test_a_page_is_laid_out_in_order_with_its_words_escaped_and_its_pictures_in_it(tmp_path):
    text = write_run(opened(tmp_path), PAGE, FILES).read_text()
    parts = ("A &lt;title&gt;", "it &lt; leaks", "look out", "what carries it AUC 0.6", "Seed", "Versions", "A table")
    text = text[text.index("<body>") :]
    places = [text.index(part) for part in (*parts, "&lt;2&gt;", "what it shows", "<li>y")]
    assert places == sorted(places)
    assert "<2>" not in text
    assert reopen(tmp_path) == (PAGE, tmp_path / "report.html")


def test_a_page_says_when_and_by_what_it_was_made_and_keeps_that(tmp_path):
    shown = write_run(opened(tmp_path), PAGE, FILES)
    before = shown.read_text()
    made = json.loads((tmp_path / KEPT).read_text())["made"]
    assert list(made) == ["Date", "Duration", "Versions"]
    assert datetime.strptime(made["Date"][:16], "%Y-%m-%d %H:%M").date() <= datetime.now().date()
    assert made["Duration"].startswith("1 second,")
    assert f"fedsz-privacy {version('fedsz-privacy')}" in made["Versions"]
    shown.unlink()
    reopen(tmp_path)
    assert shown.read_text() == before


def test_a_run_whose_writing_was_broken_off_is_not_finished(tmp_path):
    write_run(opened(tmp_path), PAGE, FILES)
    with pytest.raises(TypeError):
        write_run(opened(tmp_path), PAGE, {"results.json": "{}\n", "tables/broken.csv": None})
    with pytest.raises(InputError, match="holds no finished run"):
        reopen(tmp_path)


@pytest.mark.parametrize("name", ["../secret", "a/b", "", ".", "/etc/passwd", "a.png"])
def test_a_picture_is_a_file_of_the_folder_itself(tmp_path, name):
    with pytest.raises(InputError, match="name it by letters"):
        Picture(name, "")
    write_run(opened(tmp_path), PAGE, FILES)
    (tmp_path / "report.html").unlink()
    kept = json.loads((tmp_path / KEPT).read_text())
    kept["page"]["body"][1]["name"] = name
    (tmp_path / KEPT).write_text(json.dumps(kept))
    with pytest.raises(InputError, match="holds no finished run"):
        reopen(tmp_path)
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize("path", ["javascript:alert(1)", "/etc/passwd", "../up/report.html", "a\\b", "//host/page"])
def test_a_link_stays_within_the_folder(path):
    with pytest.raises(InputError, match="write a path within the folder of the page"):
        Links("Others", (path,))


def test_pages_of_other_runs_are_links(tmp_path):
    assert '<a href="seed-1/report.html">' in write_run(opened(tmp_path), PAGE, FILES).read_text()
