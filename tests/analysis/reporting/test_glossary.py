"""Terms are explained where they stand first, and nothing of a text is lost or becomes markup."""

from html import unescape
from html.parser import HTMLParser
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from analysis.reporting.glossary import TERMS, explain, terms_in

GLOSSARY = Path(__file__).parents[3] / "docs" / "glossary.md"


class Text(HTMLParser):
    """The text of some HTML, and what is explained in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.explained, self.tags = "", [], set()
        self.feed(str(html))
        self.close()

    def handle_data(self, data):
        self.text += data

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.explained += [value for name, value in attributes if name == "title"]


words = st.lists(st.sampled_from([*TERMS, "x < y", "<b>", "&amp;", "plain", "AUCs"]), max_size=12).map(" ".join)


@given(words)
def test_a_text_stays_what_it_was(text):
    shown = Text(explain(text))
    assert shown.text == text
    assert shown.tags <= {"abbr"}
    assert len(shown.explained) == len(set(shown.explained))


def test_a_term_is_explained_once_and_the_longest_wins():
    shown = Text(explain("AUC and AUC; TPR at FPR 0.1; epsilon lower bound"))
    assert shown.explained == [TERMS[each] for each in ("AUC", "TPR at FPR", "epsilon lower bound")]
    assert unescape(str(explain("no terms & none"))) == "no terms & none"


def test_the_glossary_of_a_page_has_its_terms_alone():
    assert list(terms_in("the AUC at delta 1e-5, and AUC")) == ["AUC", "delta"]


def test_every_term_stands_in_the_documentation():
    written = GLOSSARY.read_text().replace("\n", " ").lower()
    assert [term for term in TERMS if term.lower() not in written] == []
