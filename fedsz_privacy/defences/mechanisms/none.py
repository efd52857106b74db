"""The release that changes nothing."""

from fedsz_privacy.core.dp_events import NonPrivateDpEvent
from fedsz_privacy.core.state import nbytes
from fedsz_privacy.defences.release import Release, Released


def none() -> Release:
    """Return the release that sends the update as it is."""
    return Release(
        name="none",
        apply=lambda update, _: Released(update, nbytes(update)),
        event=NonPrivateDpEvent(),
        reason="the update leaves the client exactly as it was trained",
        loses_nothing=True,
        keeps_zeros=True,
        tensor_by_tensor=True,
    )
