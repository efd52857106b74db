"""Releases: what leaves a client, as values of one type.

An observer never sees a compressor or a mechanism, only the update that left. So every defence that acts on a finished
update is a `Release`, and every attack, fit, table and plot is a loop over releases.
"""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

from numpy.random import Generator

from fedsz_privacy.codec.last_round import LastRound
from fedsz_privacy.codec.lossy import LossyWarning, Shortfall, without_lossy_warnings
from fedsz_privacy.core.dp_events import DpEvent, NonPrivateDpEvent
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.imports import is_users_own
from fedsz_privacy.core.state import StateDict, cloned, unstack
from fedsz_privacy.defences.proof import Observer, Proof, Unit
from fedsz_privacy.defences.returned import require_sound
from fedsz_privacy.training.isolation import child_seed, isolated

BEHIND = "what is proved is of the update that leaves, and this adversary sees the training before that"


@dataclass(frozen=True)
class Released:
    """What an observer holds after a release.

    Attributes
    ----------
    update : StateDict
        The decoded update.
    nbytes : int
        Its size on the wire, in bytes.
    bounds : mapping of str to float
        Absolute error bound of each tensor that the last codec changed, in the update's own unit. A tensor that changed
        without one is measured by the largest error seen.
    encode_seconds, decode_seconds : float
        Time that encoding took on the client and decoding took on the server. The toolkit times `Release.apply` itself;
        of all that it takes, only what is reported as decoding counts as that.
    """

    update: StateDict
    nbytes: int
    bounds: Mapping[str, float] = field(default_factory=dict)
    encode_seconds: float = 0.0
    decode_seconds: float = 0.0


@dataclass(frozen=True)
class Release:
    """A map from an update to the update an observer sees, with the privacy event that the map amounts to.

    Parameters
    ----------
    name : str
        The string that `parse_release` reads, such as ``fedsz:rel=1e-2``, and sets for an imported one.
    apply : callable
        Takes the client's update and a generator for the release's own randomness, returns what an observer holds.
    event : DpEvent
        The event as dp-accounting knows it; `NonPrivateDpEvent` for whatever has no proof.
    reason : str
        One sentence: why the event holds, or why there is no guarantee.
    claimed : bool
        Whether the event is what somebody's own code says of itself; `parse_release` sets it.
    encode : callable, optional
        Takes what `apply` takes, and returns the frame that carries its result, for `FedSZ.decode` to read. Without it
        the release has no form on the wire: what it returns travels as the arrays that it is.
    unit : Unit
        The unit of privacy of ``event``.
    outsiders : Proof, optional
        What holds against an outsider alone, where that is more than the event, which holds against the server too.
    sigma : float, optional
        Standard deviation of the noise on each coordinate, in the update's own unit, where it is public.
    mechanism : Release, optional
        Of releases in a row, the one that the event is of; `then` sets it.
    feedback : bool
        Whether what it loses of a client's update is added to the client's next one; the round loop does so.
    loses_nothing : bool
        Whether what leaves is the update itself, for sure.
    keeps_zeros : bool
        Whether an update of zeros leaves as zeros, for sure. A mechanism behind this release guarantees nothing
        otherwise: its proof compares a client's update with zeros.
    tensor_by_tensor : bool
        Whether each tensor leaves as it would with all others emptied, for sure: a state may then pass in parts.
    refused : str
        The condition of its proof that was found not to hold, in words; empty if none was. It guarantees nothing then.
    remembering : callable, optional
        Takes the last round, and returns the release as it is in the one after it, with the same event. Without it the
        release is the same in every round.

    Guarantees
    ----------
    Those of ``event``, by dp-accounting, for ``unit`` and the adjacency that ``reason`` names, against whoever reads
    every frame, the server included; a `NonPrivateDpEvent` guarantees nothing.
    """

    name: str
    apply: Callable[[StateDict, Generator], Released]
    event: DpEvent
    reason: str
    claimed: bool = False
    encode: Callable[[StateDict, Generator], bytes] | None = None
    unit: Unit = Unit.CLIENT
    outsiders: Proof | None = None
    sigma: float | None = None
    mechanism: "Release | None" = None
    feedback: bool = False
    loses_nothing: bool = False
    keeps_zeros: bool = False
    tensor_by_tensor: bool = False
    refused: str = ""
    remembering: "Callable[[LastRound], Release] | None" = None

    @property
    def is_proved(self) -> bool:
        """Whether anything is guaranteed, be it against outsiders alone."""
        return self.outsiders is not None or not isinstance(self.event, NonPrivateDpEvent)

    @property
    def noisy(self) -> "Release":
        """The part that the event is of: without what stands before it and behind it."""
        return self.mechanism or self

    def against(self, observer: Observer) -> "Release":
        """Return this release with the event, reason and unit that it has against an observer."""
        if observer is Observer.STEPS and self.is_proved:
            return replace(self, event=NonPrivateDpEvent(), reason=BEHIND, outsiders=None, claimed=False)
        if observer is Observer.SERVER or self.outsiders is None:
            return self
        proof = self.outsiders
        return replace(self, event=proof.event, reason=proof.reason, unit=proof.unit)

    def after(self, last: LastRound | None) -> "Release":
        """Return this release as it is in the round after the last; in the first round, or without memory, as it is.

        Guarantees
        ----------
        Those of this release: its event stays. Every guarantee lets an adversary see the global states, so a codec
        behind a mechanism may use them; that is post-processing. No mechanism that has a proof here has memory itself.
        """
        if last is None or self.remembering is None:
            return self
        found = self.remembering(last)
        return replace(self, apply=found.apply, encode=found.encode)

    def then(self, post: "Release") -> "Release":
        """Return this release followed by another one applied to its result.

        Guarantees
        ----------
        Those of this release, of which the other one is post-processing. Where this one has none and keeps zeros, those
        of the other one for one client, unless they are a user's own: the update is there or zero, before this release
        and behind it. That a user's own release keeps zeros is its claim.
        """

        def apply(update: StateDict, generator: Generator) -> Released:
            before = release_copy(self, update, generator)
            after = release_copy(post, before.update, generator)
            return replace(after, encode_seconds=before.encode_seconds + after.encode_seconds)

        def encode(update: StateDict, generator: Generator) -> bytes:
            assert post.encode is not None
            return post.encode(release_copy(self, update, generator).update, generator)

        def remembering(last: LastRound) -> Release:
            return self.after(last).then(post.after(last))

        framed = None if post.encode is None else encode
        proved = _proved(self, post)
        return replace(
            proved,
            name=f"{self.name}+{post.name}",
            apply=apply,
            encode=framed,
            mechanism=proved.noisy,
            loses_nothing=self.loses_nothing and post.loses_nothing,
            keeps_zeros=self.keeps_zeros and post.keeps_zeros,
            tensor_by_tensor=self.tensor_by_tensor and post.tensor_by_tensor,
            remembering=remembering if self.remembering or post.remembering else None,
        )


def _proved(release: Release, post: Release) -> Release:
    """Return the one of two releases in a row that the guarantee of both is of."""
    if release.is_proved or not post.is_proved or post.unit is not Unit.CLIENT or post.claimed:
        return release
    if not release.keeps_zeros:
        behind = f"{post.name} behind it guarantees nothing, as its proof compares an update with zeros"
        return replace(release, reason=f"{release.name} is not known to send zeros as zeros, so {behind}")
    if is_users_own(release.apply):
        return replace(post, claimed=True, reason=as_claim(release.name, f"it keeps zeros; {post.reason}"))
    return post


def release_copy(release: Release, update: StateDict, generator: Generator, place: str = "") -> Released:
    """Return what an observer holds of a copy of an update, which is known to be like the update.

    Parameters
    ----------
    release : Release
        May write into the tensors that it is given.
    update : StateDict
        The client's update.
    generator : Generator
        Of the release alone. What a user's own release draws globally, from torch, NumPy or Python, is seeded from a
        child of it, and changes nothing that others draw.
    place : str
        Where it is released, for an error: such as " in trial 3".

    Raises
    ------
    InputError
        If what is returned is no `Released` whose update has the names, shapes and dtypes of the one that was given,
        finite numbers where that has them, and a size.
    """
    return _released(release, update, generator, place)[0]


def release_each(
    release: Release,
    updates: StateDict,
    generators: Iterable[Generator],
    places: Sequence[str] = (),
    lasts: Sequence[LastRound] = (),
) -> list[Released]:
    """Return what an observer holds of each update of a stack, with a generator for each, and a place for errors.

    Where there are last rounds, one for each update, each release is the one after its own.

    Time is taken here, whatever a release reports: encoding is all of `apply` that it does not report as decoding.
    """
    each = []
    with without_lossy_warnings():
        for row, generator in enumerate(generators):
            place = places[row] if places else ""
            after = release.after(lasts[row]) if lasts else release
            released, seconds = _released(after, unstack(updates, row), generator, place)
            each.append(replace(released, encode_seconds=max(0.0, seconds - released.decode_seconds)))
    return each


def _released(release: Release, update: StateDict, generator: Generator, place: str) -> tuple[Released, float]:
    """Return what `release_copy` does, and the seconds that `apply` took."""
    own, given = is_users_own(release.apply), cloned(update)
    with isolated(child_seed(generator)) if own else nullcontext():
        start = perf_counter()
        released: Any = release.apply(given, generator)
        seconds = perf_counter() - start
    if not isinstance(released, Released):
        raise InputError(
            f"release {release.name} returns a {type(released).__name__}{place}: return Released(update, nbytes)"
        )
    require_sound(vars(released), release.name, update, place)
    # A user's own may keep what it returned, and write into it when it is called again.
    return replace(released, update=cloned(released.update)) if own else released, seconds


def find_lossy_shortfall(release: Release, update: StateDict, generator: Generator) -> Shortfall | None:
    """Apply a release once, and return what its codec warns of if it compresses little of the update.

    None if it warns of nothing, as a release without a codec.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", LossyWarning)
        release_copy(release, update, generator)
    told = (each for warning in caught if isinstance(warning.message, LossyWarning) for each in warning.message.args)
    return next((each for each in told if isinstance(each, Shortfall)), None)


def as_claim(path: str, reason: str) -> str:
    """Return the reason that a user's own code gives for its event, as what it claims."""
    return f"claimed by {path}, accounted for and not checked: {reason}"
