"""From the strings of defences to what they ask for, and their settled names."""

from collections.abc import Iterable
from typing import TypeAlias

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.defences.client_privacy import ClientPrivacy
from fedsz_privacy.defences.grammar import make, read_part, split_parts
from fedsz_privacy.defences.grid import expand
from fedsz_privacy.defences.mechanisms.none import none
from fedsz_privacy.defences.names import NO_RELEASES, first_kind
from fedsz_privacy.defences.parsing import ONE_ROUND, parse_release, without_sigmas
from fedsz_privacy.defences.private_training import PRIVATE, Privacy
from fedsz_privacy.defences.proof import Composition
from fedsz_privacy.defences.release import Release

Read: TypeAlias = tuple[str, Privacy | ClientPrivacy | None, Release]
"""The word that a defence's first part begins with if it is no release, what that part asks for, and the release."""


def settle_defences(texts: Iterable[str], composition: Composition = ONE_ROUND) -> tuple[str, ...]:
    """Return the settled names of defences, none twice, those of one training rule together, plain training first.

    A string with a range of numbers stands for several, as `expand` reads it.

    An epsilon in them is for that composition: one that its rounds cannot be calibrated to is refused here.
    """
    read = sorted(
        (read_defence(text, composition) for grid in texts for text in expand(grid)),
        key=lambda each: name_of(each[0], each[1], none()) if each[1] else "",
    )
    return tuple(dict.fromkeys(name_of(*each) for each in read))


def releases_of(texts: Iterable[str], composition: Composition = ONE_ROUND) -> list[Release]:
    """Return what updates pass through under each defence, by itself: without training and aggregation."""
    return [read_defence(text, composition)[2] for text in texts]


def read_defence(text: str, composition: Composition = ONE_ROUND) -> Read:
    """Return what a defence's string asks for.

    Raises
    ------
    InputError
        If it cannot be read, or its parts do not go together.
    """
    first, *rest = split_parts(text)
    if behind := [kind for part in rest if (kind := first_kind(part)) in NO_RELEASES]:
        what = NO_RELEASES[behind[0]]
        raise InputError(f"{text!r} has {behind[0]}, which is {what}, behind another part: write it first, and once")
    if first_kind(text) not in NO_RELEASES:
        return "", None, parse_release(text, composition)
    kind, options = read_part(first)
    values = without_sigmas(kind, options)
    privacy = make(kind, Privacy, values) if kind in PRIVATE else make(kind, ClientPrivacy, values)
    release = parse_release("+".join(rest), composition) if rest else none()
    if isinstance(privacy, ClientPrivacy) and release.feedback:
        raise InputError(f"{text!r} feeds back what clients lost, also of those that are not sampled: leave ef+ out")
    return kind, privacy, release


def name_of(kind: str, privacy: Privacy | ClientPrivacy | None, release: Release) -> str:
    """Return the settled name of a defence."""
    if privacy is None:
        return release.name
    training = f"{kind}:{privacy.options}"
    return training if release.loses_nothing else f"{training}+{release.name}"
