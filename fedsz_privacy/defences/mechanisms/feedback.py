"""Error feedback: what a release lost of an update is added to the client's next one.

Seide et al., Interspeech 2014; Karimireddy et al., ICML 2019 (EF-SGD). The memory is the round loop's: see
`fedsz_privacy.federation.rounds`.
"""

from dataclasses import replace

from fedsz_privacy.core.dp_events import NonPrivateDpEvent
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.defences.release import Release

FEEDBACK = "ef"
"""The word that asks for it, before a release."""


def with_feedback(release: Release) -> Release:
    """Return a release whose losses a round loop carries to the client's next update.

    Raises
    ------
    InputError
        If it loses nothing.

    Guarantees
    ----------
    None is claimed, whatever the release guarantees: what it meets in the next round depends on data that has not
    passed its noise. Proofs for a client that is there or not do not cover that: without its data, what is carried
    would be noise, and no longer 0.
    """
    if release.loses_nothing:
        raise InputError("ef+none: error feedback carries what a release loses, and none loses nothing: write none")
    lost = "what error feedback carries to the next round has not passed the noise, and no proof here covers that"
    unproved = replace(release, mechanism=None, outsiders=None, event=NonPrivateDpEvent(), reason=lost)
    return replace(
        unproved if release.is_proved else release, name=f"{FEEDBACK}+{release.name}", feedback=True, sigma=None
    )
