"""Releases by a codec that guarantees nothing."""

from numpy.random import Generator

from fedsz_privacy.core.dp_events import NonPrivateDpEvent
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.defences.mechanisms.sending import Codec, send
from fedsz_privacy.defences.release import Release, Released


def without_guarantee(name: str, codec: Codec, why: str) -> Release:
    """Return the release of a codec that keeps zeros and guarantees nothing, and why it does not, in one sentence."""

    def apply(update: StateDict, generator: Generator) -> Released:
        return send(codec, update, generator)

    return Release(name, apply, NonPrivateDpEvent(), why, keeps_zeros=True)
