"""What an audit of recorded updates was asked: everything that decides its results."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from analysis.studies.spec import DELTA, REFERENCE, option, require_options
from attacks.names import SIGNAL_NAMES, require_known
from fedsz_privacy.core import ranges
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.files import require_readable
from fedsz_privacy.core.names import require_device
from fedsz_privacy.core.ranges import Whole
from fedsz_privacy.data.names import require_data, require_target, require_task
from fedsz_privacy.defences import names
from fedsz_privacy.models.names import require_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attacks import Signal
    from fedsz_privacy.defences.release import Release

DEFAULT_SIGNALS = (
    "loss",
    "cosine",
    "inner-product",
    "gradient-difference",
    "attack-p",
    "fedmia-loss",
    "fedmia-cosine",
)
"""The signals that need no shadow models."""


@dataclass(frozen=True, kw_only=True)
class RecordedSpec:
    """The question of an audit of recorded updates: a recording, or files with what a recording would say of them.

    Parameters
    ----------
    recording : Path or None
        Folder of a recording.
    before : Path or None
        File of the state that clients got, where there is no recording.
    after : str
        File of a client's state after training, or a pattern of several, each of one client.
    members : str
        The ``.npy`` file of the records that the clients hold, or a pattern of as many as ``after`` has.
    data, target, task, model : str
        Names for `load_data` and `build_model`; what is given takes the place of what a recording says.
    defences : tuple of str
        Release strings; ``none`` is put first if it is not among them.
    signals : tuple of str
        Names for `get_signal`, of signals that need no shadow models.
    clients : tuple of str
        Clients whose updates are attacked; all if empty.
    candidates : int
        Most records that are judged.
    delta : float
        The delta of every epsilon of the run.
    device : str
        Where models compute: auto, cpu or cuda.
    seed : int
        Seed of every random choice, and without a recording of the order of the records.

    Raises
    ------
    InputError
        If a number is out of range, a string cannot be read, a signal needs shadow models, or it is neither a recording
        nor files.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    recording: Path | None = option(None, "Folder of a recording.", positional=True)  # noqa: RUF009  # a field
    before: Path | None = option(None, "Without a recording: the state that clients got.")  # noqa: RUF009  # a field
    after: str = option("", "A client's state after training, or a pattern of several, each a client's.", shown="none")
    members: str = option("", "An .npy file of the ids of the clients' records, or a pattern.", shown="none")
    data: str = option("", "Where the records are, as audit has it.", shown="what the recording says")
    target: str = option("", "Column of a table that the model foretells.", shown="what the recording says")
    task: str = option("", "What the model is for, as audit has it.", shown="what the recording or the data says")
    model: str = option("", "The model, as audit has it.", shown="what the recording says")
    defences: tuple[str, ...] = option(
        (REFERENCE, "fedsz:rel=1e-2"),
        "A release that every update passes through, such as fedsz:rel=1e-2; repeat it for more. none is always there.",
        name="release",
        shown="fedsz:rel=1e-2",
    )
    signals: tuple[str, ...] = option(
        DEFAULT_SIGNALS,
        "An attack to run that needs no shadow models; repeat it for more.",
        name="signal",
        shown="all of them",
    )
    clients: tuple[str, ...] = option(
        (), "A client whose updates are attacked; repeat it for more.", name="client", shown="all"
    )
    candidates: int = option(2000, "Most records that are judged.", within=Whole(20, ranges.MOST))
    delta: float = option(DELTA, "The delta of every epsilon of the run.", within=ranges.DELTA)
    device: str = option("auto", "Where models compute: auto, cpu or cuda.")
    seed: int = option(0, "Seed of every random choice.", within=ranges.SEED)

    def __post_init__(self) -> None:
        require_options(self)
        self._require_source()
        self._require_names()
        self._require_files()
        releases = self._parse([REFERENCE, *self.defences], rounds=1)
        object.__setattr__(self, "defences", tuple(dict.fromkeys(each.name for each in releases)))
        for name in ("signals", "clients"):
            object.__setattr__(self, name, tuple(dict.fromkeys(getattr(self, name))))
        self._require_signals()

    def _require_source(self) -> None:
        given = {"--before": self.before, "--after": self.after, "--members": self.members}
        if self.recording:
            if beside := [name for name, value in given.items() if value]:
                raise InputError(f"{beside[0]} beside a recording: leave it out, or leave out {self.recording}")
            return
        given |= {"--data": self.data, "--model": self.model}
        if missing := [name for name, value in given.items() if not value]:
            raise InputError(
                f"neither a recording nor {missing[0]} is given: give the folder of one, or all of {', '.join(given)}"
            )

    def _require_names(self) -> None:
        """Raise InputError for the first name that nothing has, before what takes seconds to import."""
        if self.data:
            require_data(self.data)
            if self.target:
                require_target(self.data, self.target)
        if self.model:
            require_model(self.model)
        if self.task:
            require_task(self.task)
        require_device(self.device)
        names.require_releases(self.defences, "what was recorded can only be released")
        names.require_known(self.defences)
        require_known("signal", self.signals, SIGNAL_NAMES)

    def _require_files(self) -> None:
        """Raise InputError for the first file that is not there."""
        if self.recording:
            from fedsz_privacy.federation.manifest import read_manifest

            read_manifest(self.recording)
        else:
            require_readable(*self.files)

    @property
    def files(self) -> list[Path]:
        """The files that stand for a recording."""
        return [self.before or Path(), *self.after_files, *self.member_files]

    def _parse(self, texts: "Sequence[str]", rounds: int) -> "list[Release]":
        from fedsz_privacy.defences.grid import expand
        from fedsz_privacy.defences.parsing import parse_release
        from fedsz_privacy.defences.proof import Composition

        return [parse_release(text, Composition(self.delta, rounds)) for grid in texts for text in expand(grid)]

    def _require_signals(self) -> None:
        from attacks.signals.base import as_observed

        if not self.signals:
            raise InputError("no signal is given: choose one")
        for signal in self.get_signals():
            if signal.calibrate is not as_observed and not signal.calibrates_alone:
                known = ", ".join(DEFAULT_SIGNALS)
                raise InputError(f"signal {signal.name} needs shadow models, which nobody trained: choose of {known}")

    def parse_releases(self, rounds: int) -> "list[Release]":
        """Return the releases, ``none`` first; an epsilon in one is for so many rounds of a client together."""
        return self._parse(self.defences, rounds)

    def get_signals(self) -> "list[Signal]":
        """Return the signals."""
        from attacks import get_signal

        return [get_signal(name) for name in self.signals]

    @property
    def after_files(self) -> list[Path]:
        """The files of states after training, by name.

        Raises
        ------
        InputError
            If there is none.
        """
        return find_files(self.after, "--after")

    @property
    def member_files(self) -> list[Path]:
        """The files of who holds which records, by name.

        Raises
        ------
        InputError
            If there is none.
        """
        return find_files(self.members, "--members")

    def to_dict(self) -> dict[str, object]:
        """Return the question as plain values, with what the files hold.

        Raises
        ------
        InputError
            If a file is not there.
        """
        from analysis.reporting.folder import contents
        from analysis.studies.questions import to_plain
        from fedsz_privacy.federation.recording import list_files

        files = list_files(self.recording) if self.recording else self.files
        return {**to_plain("audit-updates", self), "contents": contents(files)}


def find_files(pattern: str, option_name: str) -> list[Path]:
    """Return the files of a path or a pattern, by name.

    Raises
    ------
    InputError
        If there is none.
    """
    from glob import glob

    # A pattern may be absolute, which those of pathlib may not.
    found = [Path(pattern)] if Path(pattern).exists() else sorted(map(Path, glob(pattern)))  # noqa: PTH207
    if not found:
        raise InputError(f"no file at {option_name} {pattern}: give the path of one, or a pattern in quotes")
    return found
