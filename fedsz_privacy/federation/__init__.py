"""Who holds which records, the one loop of rounds that audits and federations share, and recordings of rounds."""

from typing import TYPE_CHECKING

from fedsz_privacy.core.lazy import lazy

if TYPE_CHECKING:
    from fedsz_privacy.federation.manifest import Manifest
    from fedsz_privacy.federation.recorder import Recorder, RecordingWarning
    from fedsz_privacy.federation.recording import Recording, open_recording

_HOMES = {
    "Manifest": "manifest",
    "Recorder": "recorder",
    "Recording": "recording",
    "RecordingWarning": "recorder",
    "open_recording": "recording",
}

__all__ = ["Manifest", "Recorder", "Recording", "RecordingWarning", "open_recording"]

__getattr__ = lazy(__name__, _HOMES)
