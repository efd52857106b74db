"""The page of a run as plain values, which are kept, so that it can be laid out again without computing anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from analysis.reporting.table import STRICT, Table
from fedsz_privacy.core.errors import InputError


@dataclass(frozen=True)
class Picture:
    """A figure of the run's folder.

    Parameters
    ----------
    name : str
        Name of its file in ``figures``, without ``.png``.
    caption : str
        What it shows.
    states : str
        What was measured, for those who do not see it.

    Raises
    ------
    InputError
        If the name is that of no file in the folder itself.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    kind: ClassVar[str] = "picture"
    name: str
    caption: str
    states: str = ""

    def __post_init__(self) -> None:
        if not self.name.replace("_", "").isalnum():
            raise InputError(f"figure {self.name!r}: name it by letters, digits and underscores")

    @property
    def alternative(self) -> str:
        """What stands in its place: what it shows, and what was measured."""
        return f"{self.caption} {self.states}".strip()

    @property
    def file(self) -> str:
        """Path of its file in the folder of the run."""
        return f"figures/{self.name}.png"


@dataclass(frozen=True)
class Lines:
    """Some sentences under a title."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    kind: ClassVar[str] = "lines"
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Links:
    """Other pages under a title.

    Parameters
    ----------
    title : str
        What they are.
    paths : tuple of str
        Their paths from the folder of the page.

    Raises
    ------
    InputError
        If a path leads out of the folder, or is an address.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    kind: ClassVar[str] = "links"
    title: str
    paths: tuple[str, ...]

    def __post_init__(self) -> None:
        for path in self.paths:
            if path.startswith("/") or {":", "\\"} & set(path) or ".." in path.split("/"):
                raise InputError(f"link {path!r}: write a path within the folder of the page")


@dataclass(frozen=True)
class Page:
    """What a run came to, for people: every word of its page, and what the command ends with.

    Parameters
    ----------
    title, question : str
        What was done, and what was asked.
    setting : mapping of str to str
        What it was done with, as pairs of a term and what it was.
    conclusion : tuple of str
        What came out, one line each; the command's last words, too.
    body : tuple of Table, Picture, Lines or Links
        What the page shows below, in order.
    closing : tuple of Table or Lines
        What the command prints at its end.
    cover : Picture or None
        The picture that carries the conclusion.
    warnings : tuple of str
        What a reader must know first; the command prints it too.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    title: str
    question: str
    setting: Mapping[str, str]
    conclusion: tuple[str, ...]
    body: tuple[Table | Picture | Lines | Links, ...]
    closing: tuple[Table | Lines, ...]
    cover: Picture | None = None
    warnings: tuple[str, ...] = ()

    @property
    def pictures(self) -> list[Picture]:
        """The figures that it shows."""
        return [each for each in (self.cover, *self.body) if isinstance(each, Picture)]
