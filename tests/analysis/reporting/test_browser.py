"""A page in a real browser: nothing runs over its edge, on any screen or on paper, and no text lies on text."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from analysis.reporting.html import to_html
from analysis.reporting.page import Lines, Page, Picture
from analysis.reporting.style import house_style, to_bytes
from analysis.reporting.table import Table
from analysis.studies.audit.presentation.tradeoff import tradeoff
from analysis.studies.audit.report import make_page

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [pytest.mark.slow, pytest.mark.skipif(BROWSER is None, reason="there is no Chromium: install chromium")]

WIDTHS = (400, 800, 901, 1000, 1199, 1200, 1600)
PAPER = 1032
"""Width of A4 in landscape less its margins, in CSS pixels."""

LONG = Page(
    title="A page of long words",
    question="What?",
    setting={"Data": "module_of_a_user.with_a_long_name:" + "x" * 80},
    conclusion=("dpsgd:eps=8,clip=1+fedsz:rel=1e-2,compressor=sz2,lossless=blosclz: leaks",),
    body=(
        Table(
            "A wide table",
            "It has a note.",
            tuple(f"column\nnumber {number}" for number in range(12)),
            [("dpsgd:eps=8,clip=1+fedsz:rel=1e-2", *["0.634 [0.604, 0.663]"] * 11)] * 3,
        ),
        Table(
            "A wider table",
            "It has numbers.",
            tuple(f"column {number}" for number in range(18)),
            [("fedsz:rel=1e-2", *["57,600", "-3.49e-5", "0.949 [0.948, 0.950]"] * 5, "uniform", "none")] * 3,
        ),
        Lines("Some lines", ("word" * 60,)),
    ),
    closing=(),
)

OVERLAPS = """() => {
  const boxes = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode;
    if (!node.data.trim() || ["STYLE", "SCRIPT"].includes(node.parentElement.tagName)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) if (box.width > 1 && box.height > 1) boxes.push([box, node]);
  }
  const found = [];
  for (let i = 0; i < boxes.length; i++) for (let j = i + 1; j < boxes.length; j++) {
    const [a, one] = boxes[i], [b, other] = boxes[j];
    const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (one !== other && width > 1 && height > 4) found.push([one.data, other.data]);
  }
  return found;
}"""
BROKEN = """() => {
  const found = [];
  for (const cell of document.querySelectorAll("td, th")) {
    const walk = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      for (const word of walk.currentNode.data.matchAll(/[^\\s-]+/g)) {
        const range = document.createRange();
        range.setStart(walk.currentNode, word.index);
        range.setEnd(walk.currentNode, word.index + word[0].length);
        const tops = [...range.getClientRects()].filter(box => box.width > 0).map(box => Math.round(box.top));
        if (new Set(tops).size > 1) found.push(word[0]);
      }
    }
  }
  return found;
}"""
UNTIDY = """() => [...document.querySelectorAll("tbody td")].filter(cell => {
  if (getComputedStyle(cell.closest("table").tHead).display !== "none") return false;
  const [label, value] = getComputedStyle(cell).gridTemplateColumns.split(" ").map(parseFloat);
  const start = cell.getBoundingClientRect().left + label;
  return !(value > 0) || [...cell.childNodes].some(part => {
    const range = document.createRange();
    range.selectNodeContents(part);
    return range.getBoundingClientRect().left < start;
  });
}).length"""
"""Cells below one another whose value does not stand right of its label."""

SCROLLING = """() => [...document.querySelectorAll("*")].filter(
  each => /auto|scroll/.test(getComputedStyle(each).overflowX)
).length"""
LUMINANCE = """selector => {
  const linear = part => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  const style = getComputedStyle(document.querySelector(selector));
  return [style.color, style.backgroundColor].map(colour => {
    const [red, green, blue] = colour.match(/[\\d.]+/g).map(Number).map(linear);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  });
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as play:
        try:
            opened = play.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-dev-shm-usage"])
        except sync_api.Error as error:
            pytest.skip(f"Chromium does not start here: {str(error).splitlines()[0]}")
        yield opened
        opened.close()


@pytest.fixture(params=["audit", "long"])
def shown(request, browser) -> Iterator[Any]:
    """Yield a page in the browser, all of it unfolded."""
    page = LONG
    pictures = {}
    if request.param == "audit":
        report = request.getfixturevalue("small_report")
        page = make_page(report)
        with house_style():
            picture = to_bytes(tradeoff(report))
        pictures = {each.name: picture for each in page.pictures}
    tab = browser.new_page()
    tab.set_content(to_html(page, pictures, {"Versions": "x 1"}))
    tab.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    yield tab
    tab.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_runs_over_the_edge_of_a_screen_no_word_is_broken_and_no_text_lies_on_text(shown, width):
    shown.set_viewport_size({"width": width, "height": 900})
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    assert shown.evaluate(OVERLAPS) == []
    assert shown.evaluate(BROKEN) == [] or width < 900
    assert shown.evaluate(UNTIDY) == 0


def test_paper_has_all_of_it_and_no_scroll_bars(shown):
    shown.emulate_media(media="print")
    shown.set_viewport_size({"width": PAPER, "height": 700})
    assert shown.evaluate("document.documentElement.scrollWidth") <= PAPER
    assert shown.evaluate(OVERLAPS) == []
    assert shown.evaluate(BROKEN) == []
    assert shown.evaluate(SCROLLING) == 0
    assert shown.evaluate(UNTIDY) == 0
    assert shown.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_what_is_folded_on_the_screen_is_on_paper(browser):
    tab = browser.new_page()
    tab.set_content(to_html(LONG, {}, {}))
    assert not tab.get_by_text("It has a note.").is_visible()
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert tab.get_by_text("It has a note.").is_visible()
    tab.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("selector", ["body", ".answer"])
def test_words_stand_out_from_the_page_in_light_and_in_dark(browser, scheme, selector):
    """WCAG 2.1, level AA: a contrast of 4.5 and more."""
    tab = browser.new_page(color_scheme=scheme)
    tab.set_content(to_html(LONG, {}, {}))
    ink, paper = tab.evaluate(LUMINANCE, selector)
    tab.close()
    assert (ink < paper) == (scheme == "light")
    assert (max(ink, paper) + 0.05) / (min(ink, paper) + 0.05) >= 4.5


def test_tables_have_captions_and_scopes_and_pictures_say_what_was_measured(small_report):
    page = make_page(small_report)
    text = to_html(page, dict.fromkeys([each.name for each in page.pictures], b""), {})
    tables = [part for part in page.body if isinstance(part, Table)]
    assert text.count("<caption>") == len(tables)
    assert text.count('scope="col"') == sum(len(table.columns) for table in tables)
    assert text.count('scope="row"') == sum(len(table.rows) for table in tables)
    assert all(isinstance(each, Picture) and each.states for each in page.pictures)
