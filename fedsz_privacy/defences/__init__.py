"""What stands between a client's records and an observer: releases, and training rules with a guarantee."""

from typing import TYPE_CHECKING

from fedsz_privacy.core.lazy import lazy

if TYPE_CHECKING:
    from fedsz_privacy.defences.defence import Defence, parse_defence
    from fedsz_privacy.defences.parsing import parse_release
    from fedsz_privacy.defences.release import Release, Released

_HOMES = {
    "Defence": "defence",
    "Release": "release",
    "Released": "release",
    "parse_defence": "defence",
    "parse_release": "parsing",
}

__all__ = ["Defence", "Release", "Released", "parse_defence", "parse_release"]

__getattr__ = lazy(__name__, _HOMES)
