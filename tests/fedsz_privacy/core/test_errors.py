from hypothesis import given
from hypothesis import strategies as st

from fedsz_privacy.core.errors import printable


@given(st.text())
def test_any_text_is_one_line_that_reads_as_the_text(text):
    shown = printable(text)
    assert shown.isprintable()
    assert shown == text or not text.isprintable()


def test_what_controls_a_terminal_is_written_as_in_python():
    assert printable("a\x1b[31m\nb\udc80 \u202eZoë") == r"a\x1b[31m\nb\udc80 \u202eZoë"
