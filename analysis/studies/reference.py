"""The undefended release, to which every study compares the others."""

from collections.abc import Iterable

from fedsz_privacy.defences.release import parse_release

REFERENCE = "none"
"""Its name: every study includes it."""


def settle_releases(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the releases' own names, the undefended one first and none twice."""
    return tuple(dict.fromkeys([REFERENCE, *(parse_release(text).name for text in texts)]))
