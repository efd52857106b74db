"""From strings to releases: those that are built in, and a user's own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import TypeAlias

from fedsz_privacy.core.dp_events import NonPrivateDpEvent
from fedsz_privacy.core.errors import InputError, unknown
from fedsz_privacy.core.imports import import_callable, require_type
from fedsz_privacy.defences.grammar import (
    Option,
    Sigmas,
    Value,
    make,
    read_part,
    split_parts,
    without_defaults,
    write_options,
)
from fedsz_privacy.defences.mechanisms.bf16 import bf16
from fedsz_privacy.defences.mechanisms.dither import dither
from fedsz_privacy.defences.mechanisms.eden import eden
from fedsz_privacy.defences.mechanisms.fedsz import fedsz
from fedsz_privacy.defences.mechanisms.feedback import FEEDBACK, with_feedback
from fedsz_privacy.defences.mechanisms.gaussian import certified_gaussian, gaussian
from fedsz_privacy.defences.mechanisms.int8 import int8
from fedsz_privacy.defences.mechanisms.layered_gaussian import layered_gaussian
from fedsz_privacy.defences.mechanisms.layered_laplace import layered_laplace
from fedsz_privacy.defences.mechanisms.none import none
from fedsz_privacy.defences.mechanisms.qsgd import qsgd
from fedsz_privacy.defences.mechanisms.rqm import rqm
from fedsz_privacy.defences.mechanisms.sign import sign
from fedsz_privacy.defences.mechanisms.staircase import staircase
from fedsz_privacy.defences.mechanisms.stochastic import stochastic
from fedsz_privacy.defences.mechanisms.topk import topk
from fedsz_privacy.defences.proof import Composition
from fedsz_privacy.defences.release import Release, as_claim
from fedsz_privacy.training.accounting import require_accountable

ONE_ROUND = Composition()

Part: TypeAlias = tuple[str, Mapping[str, Option]]

RELEASES: Mapping[str, Callable[..., Release]] = MappingProxyType(
    {
        "none": none,
        "fedsz": fedsz,
        "dither": dither,
        "topk": topk,
        "int8": int8,
        "bf16": bf16,
        "sign": sign,
        "qsgd": qsgd,
        "eden": eden,
        "stochastic": stochastic,
        "rqm": rqm,
    }
)
"""Releases by name; a user's own is named by its import path."""


CALIBRATED: Mapping[str, Callable[..., Release]] = MappingProxyType(
    {
        "gaussian": gaussian,
        "certified-gaussian": certified_gaussian,
        "layered-gaussian": layered_gaussian,
        "layered-laplace": layered_laplace,
        "staircase": staircase,
    }
)
"""Releases by name that are made for an epsilon over rounds: their first argument is the `Composition` of it."""

BUILT_IN = (*RELEASES, *CALIBRATED)


def parse_release(text: str, composition: Composition = ONE_ROUND) -> Release:
    """Return the release that a string names.

    Parameters
    ----------
    text : str
        Such as ``none``, ``fedsz:rel=1e-2,compressor=sz2``, or ``module:factory:sigma=0.1,clip=2`` for a function of a
        user's own that takes such numbers, as floats, and words where it annotates ``str``, and returns a `Release`;
        ``+`` chains several. Behind a release with noise of public standard deviation a number may be a multiple of it,
        as in ``fedsz:abs=0.5sigma``. ``ef+`` before all of them asks for error feedback.
    composition : Composition
        What an epsilon in the string is for.

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
    parts = [read_part(part) for part in split_parts(text)]
    if parts[0][0] == FEEDBACK:
        _require_feedback_alone(text, parts)
        return with_feedback(_chained(parts[1:], composition))
    return _chained(parts, composition)


def _chained(parts: Sequence[Part], composition: Composition) -> Release:
    first, *rest = parts
    release = _release(*first, composition, None)
    for part in rest:
        release = release.then(_release(*part, composition, release.sigma))
    return release


def asks_for_epsilon(text: str) -> bool:
    """Return whether a string names a release that is calibrated to an epsilon over rounds."""
    return any(kind in CALIBRATED and "eps" in options for kind, options in map(read_part, split_parts(text)))


def _require_feedback_alone(text: str, parts: Sequence[Part]) -> None:
    if parts[0][1]:
        raise InputError(f"{text!r} gives ef options, and it has none: write ef+topk:share=0.05")
    if len(parts) == 1:
        raise InputError("ef names no release whose losses to feed back: write ef+topk:share=0.05")


def _release(kind: str, options: Mapping[str, Option], composition: Composition, sigma: float | None) -> Release:
    module, values = kind.partition(":")[0], without_sigmas(kind, options, sigma)
    if module in BUILT_IN and module != kind:
        raise InputError(f"cannot read {kind!r}: {module} is built in, write its options as name=number")
    if kind == FEEDBACK:
        raise InputError("ef stands behind another part: error feedback is of all of a release, so write it first")
    if ":" in kind:
        factory = import_callable(kind)
        release = _imported(kind, factory, values)
    elif kind in {**RELEASES, **CALIBRATED}:
        factory = partial(CALIBRATED[kind], composition) if kind in CALIBRATED else RELEASES[kind]
        release = make(kind, factory, values)
    else:
        raise unknown("release", kind, BUILT_IN, "write module:factory for one of your own")
    in_sigmas = any(isinstance(each, Sigmas) for each in options.values())
    return (
        replace(release, name=f"{kind}:{write_options(without_defaults(factory, options))}") if in_sigmas else release
    )


def without_sigmas(kind: str, options: Mapping[str, Option], sigma: float | None = None) -> dict[str, Value]:
    """Return the options of a part, multiples of a standard deviation as numbers, behind noise that has it, if any.

    Raises
    ------
    InputError
        If an option is a multiple of a standard deviation that nothing before it has.
    """
    return {key: _number(kind, each, sigma) if isinstance(each, Sigmas) else each for key, each in options.items()}


def _number(kind: str, option: Sigmas, sigma: float | None) -> float:
    if sigma is None:
        raise InputError(
            f"{kind} is asked for {option}, and no release with noise of public size stands before it: write a number"
        )
    return option.count * sigma


def _imported(path: str, factory: Callable[..., object], options: Mapping[str, Value]) -> Release:
    release = require_type(Release, make(path, factory, options), path)
    require_accountable(release.event, path)
    written = write_options(dict(sorted(options.items())))
    claims = not isinstance(release.event, NonPrivateDpEvent)
    reason = as_claim(path, release.reason) if claims else release.reason
    return replace(release, name=f"{path}:{written}" if written else path, reason=reason, claimed=claims)
