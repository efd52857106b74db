"""From strings to releases: those that are built in, and a user's own."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from dp_accounting import NonPrivateDpEvent

from fedsz_privacy.core.errors import InputError, unknown
from fedsz_privacy.core.imports import import_callable, require_type
from fedsz_privacy.defences.grammar import make, read_part, split_parts, write_shortest
from fedsz_privacy.defences.mechanisms.fedsz import fedsz
from fedsz_privacy.defences.mechanisms.none import none
from fedsz_privacy.defences.release import Release, as_claim
from fedsz_privacy.training.accounting import require_accountable

RELEASES: Mapping[str, Callable[..., Release]] = MappingProxyType({"none": none, "fedsz": fedsz})
"""Releases by name; a user's own is named by its import path."""


def parse_release(text: str) -> Release:
    """Return the release that a string names.

    Parameters
    ----------
    text : str
        Such as ``none``, ``fedsz:rel=1e-2``, or ``module:factory:sigma=0.1,clip=2`` for a function of a user's own that
        takes such numbers, as floats, and returns a `Release`; ``+`` chains several.

    Returns
    -------
    Release
        Its name reads as the same release again.

    Raises
    ------
    InputError
        If the string does not name a release, or chains more than `MOST_PARTS`. An error inside a user's function keeps
        its traceback.
    """
    first, *rest = (_release(*read_part(part)) for part in split_parts(text))
    for post in rest:
        first = first.then(post)
    return first


def _release(kind: str, options: Mapping[str, float]) -> Release:
    module = kind.partition(":")[0]
    if module in RELEASES and module != kind:
        raise InputError(f"cannot read {kind!r}: {module} is built in, write its options as name=number")
    if ":" in kind:
        return _imported(kind, options)
    if kind not in RELEASES:
        raise unknown("release", kind, tuple(RELEASES), "write module:factory for one of your own")
    return make(kind, RELEASES[kind], options)


def _imported(path: str, options: Mapping[str, float]) -> Release:
    release = require_type(Release, make(path, import_callable(path), options), path)
    require_accountable(release.event, path)
    written = ",".join(f"{key}={write_shortest(value)}" for key, value in sorted(options.items()))
    claims = not isinstance(release.event, NonPrivateDpEvent)
    reason = as_claim(path, release.reason) if claims else release.reason
    return replace(release, name=f"{path}:{written}" if written else path, reason=reason, claimed=claims)
