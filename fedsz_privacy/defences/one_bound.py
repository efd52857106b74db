"""The error bound among the options of a release."""

from collections.abc import Mapping

from fedsz_privacy.codec.bounds import RANGES, ErrorBound
from fedsz_privacy.core.errors import InputError


def one_bound(kind: str, given: Mapping[str, float], example: str) -> ErrorBound:
    """Return the only bound that a release of a kind was given, by ``rel`` or ``abs``.

    Raises
    ------
    InputError
        If there is none, another one, or anything else.
    """
    if len(given) != 1:
        if unknown := [name for name in given if name not in RANGES]:
            raise InputError(f"{kind} takes no {unknown[0]}: leave it out, or correct its name")
        raise InputError(f"{kind} takes one bound, got {len(given)}: write {kind}:rel=1e-2 or {kind}:abs={example}")
    ((mode, value),) = given.items()
    return ErrorBound(mode, value)
