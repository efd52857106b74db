"""What is audited: model, records, who holds which of them, and the rounds; from a recording, or from files."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from torch import nn

from analysis.methods.over_records import LEAST_RECORDS
from analysis.reporting.numbers import count
from analysis.studies.loading import TEST_RECORDS
from analysis.studies.recorded.members import read_members, require_masks_of, require_whole_masks
from analysis.studies.recorded.spec import RecordedSpec
from fedsz_privacy.core.device import find_device
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.imports import refusing_imports
from fedsz_privacy.core.state import StateDict, subtract
from fedsz_privacy.data.loading import load_data
from fedsz_privacy.data.records import DataSplit
from fedsz_privacy.data.wrappings import fit_state, load_state
from fedsz_privacy.federation.manifest import Manifest
from fedsz_privacy.federation.recording import RecordedRound, open_recording
from fedsz_privacy.models.catalogue import build_model, make_model
from fedsz_privacy.training.check import check_model
from fedsz_privacy.training.fixing import fix
from fedsz_privacy.training.modes import detached

CODE = ("model", "data", "task")
"""What may be an import path, of a recording and of a question."""


@dataclass(frozen=True)
class AuditedRound:
    """A round; its states are read when they are asked for, on the CPU, as the model names and orders them.

    Attributes
    ----------
    number : int
        As whoever recorded it counts.
    before : callable
        Returns the global state that the clients got.
    updates : mapping of str to callable
        Returns the update of each client that took part.
    """

    number: int
    before: Callable[[], StateDict]
    updates: Mapping[str, Callable[[], StateDict]]


@dataclass(frozen=True)
class Material:
    """What is audited.

    Attributes
    ----------
    manifest : Manifest
        What a recording says of itself, with what was typed in its place; or what was typed of files.
    split : DataSplit
        The records; members and others are training records.
    model : nn.Module
        The architecture.
    rounds : sequence of AuditedRound
        The rounds.
    notices : tuple of str
        What a reader should know of how they were read, one line each.
    """

    manifest: Manifest
    split: DataSplit
    model: nn.Module
    rounds: Sequence[AuditedRound]
    notices: tuple[str, ...]

    @property
    def everybody(self) -> list[str]:
        """The clients that took part in any round, by name."""
        return sorted({client for each in self.rounds for client in each.updates})

    @property
    def most_rounds(self) -> int:
        """Rounds that a client took part in at most."""
        return max(sum(client in each.updates for each in self.rounds) for client in self.everybody)


def load(spec: RecordedSpec, trusted: bool) -> Material:
    """Load what a question names.

    Parameters
    ----------
    spec : RecordedSpec
        The question.
    trusted : bool
        Whether code that a recording names may run; what was typed may.

    Raises
    ------
    InputError
        If something is not there, damaged, does not fit together, or is code that nobody trusts.
    """
    recording = open_recording(spec.recording) if spec.recording else None
    manifest = _typed_over(recording.manifest, spec) if recording else _manifest_of_files(spec)
    with nullcontext() if trusted or not recording else _only_typed(recording.manifest, spec):
        split = load_data(manifest.data, manifest.records, TEST_RECORDS, manifest.seed, manifest.target, manifest.task)
        if (test := len(split.test)) < LEAST_RECORDS:
            raise InputError(f"{manifest.data} has {count(test, 'test record')}, whose mean has no interval: give more")
        split = _prepared(split, manifest, spec.device)
        model = _model(manifest, split).to(find_device(spec.device))
    if recording:
        require_masks_of(manifest, len(split.train))
    else:
        require_whole_masks(spec.member_files, len(split.train))
    check_model(model, manifest.model, split.train)
    like = {name: tensor.cpu() for name, tensor in detached(model).items()}
    rounds = [_recorded(each, like) for each in recording.rounds] if recording else [_of_files(spec, like)]
    if not rounds:
        raise InputError(f"{spec.recording} holds no whole round: record one, or copy the recording again")
    for read in (rounds[0].before, *rounds[0].updates.values()):
        read()  # What does not fit is found before the work.
    notices = (*split.notices, *([recording.cut] if recording and recording.cut else []))
    return Material(manifest, split, model, rounds, notices)


def _typed_over(said: Manifest, spec: RecordedSpec) -> Manifest:
    """Return a manifest with what was typed in the place of what it says."""
    typed = {name: value for name in ("model", "data", "target", "task") if (value := getattr(spec, name))}
    arguments = said.arguments if spec.model in ("", said.model) else None
    return replace(replace(said, arguments=arguments), **typed)


def _manifest_of_files(spec: RecordedSpec) -> Manifest:
    names = [path.stem for path in spec.after_files]
    members = read_members(spec.member_files, names)
    return Manifest(
        model=spec.model, data=spec.data, target=spec.target, task=spec.task, seed=spec.seed, members=members
    )


@contextmanager
def _only_typed(said: Manifest, spec: RecordedSpec) -> Iterator[None]:
    """Let no code run that only a recording names.

    Raises
    ------
    InputError
        If it names some in the place of what was not typed.
    """
    named = find_code(said, spec)
    typed = " ".join(f"--{name} {value}" for name, value in named.items())
    told = f"give --trust-imports if you trust it{f', or type {typed}' if named else ''}"
    if named:
        raise InputError(f"{spec.recording} names code to run, {', '.join(map(repr, named.values()))}: {told}")
    with nullcontext() if any(getattr(spec, name) for name in CODE) else refusing_imports(told):
        yield


def find_code(said: Manifest, spec: RecordedSpec) -> dict[str, str]:
    """Return what a recording names by an import path, by field, in the place of what was not typed."""
    # Whatever is imported by these names has a colon.
    return {name: value for name in CODE if not getattr(spec, name) and ":" in (value := getattr(said, name))}


def _prepared(split: DataSplit, manifest: Manifest, device: str) -> DataSplit:
    return (split.resized(manifest.side) if manifest.side else split).to(find_device(device))


def _model(manifest: Manifest, split: DataSplit) -> nn.Module:
    if manifest.arguments is None:
        model = build_model(manifest.model, split.train, manifest.seed)
    else:
        model = make_model(manifest.model, manifest.arguments, manifest.seed)
    return fix(model) if manifest.fix_model else model


def _recorded(each: RecordedRound, like: StateDict) -> AuditedRound:
    def read(load: Callable[[], StateDict], part: str) -> StateDict:
        return fit_state(load(), like, f"{part} of round {each.number}")

    updates = {
        client: partial(read, partial(each.update, client), f"the update of {client}") for client in each.participants
    }
    return AuditedRound(each.number, partial(read, each.before, "the state before"), updates)


def _of_files(spec: RecordedSpec, like: StateDict) -> AuditedRound:
    before = load_state(spec.before or Path(), like)

    def update(path: Path) -> StateDict:
        return subtract(load_state(path, like), before)

    return AuditedRound(0, lambda: before, {path.stem: partial(update, path) for path in spec.after_files})
