"""Finished runs: results and page are written once, and opened again without computing anything."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from pydantic import TypeAdapter, ValidationError

from analysis.reporting.damage import why
from analysis.reporting.folder import SPEC, RunFolder, changes, digest_of, read_spec, to_json
from analysis.reporting.formats import Format, TableFormat
from analysis.reporting.json_files import DAMAGED, FORMAT, read_json, require_format, require_keys
from analysis.reporting.latex import label_of, to_latex
from analysis.reporting.numbers import spoken
from analysis.reporting.page import Links, Page
from analysis.reporting.table import STRICT, Table
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.files import one_line_for

KEPT, PAGE, RESULTS = "report.json", "report.html", "results.json"


@dataclass(frozen=True)
class Kept:
    """What ``report.json`` holds: the page, and the SHA-256 of the question and of all other files that the run wrote.

    Parameters
    ----------
    page : Page
        The page.
    files : mapping of str to str
        SHA-256 by path in the folder.
    made : mapping of str to str
        When and by what it was made, as pairs of a term and what it was.
    format : int
        Version of what the folder holds.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    page: Page
    files: Mapping[str, str]
    made: Mapping[str, str]
    format: int = FORMAT


def write_run(folder: RunFolder, page: Page, files: Mapping[str, str | bytes]) -> Path:
    """Write a run's results and its page, and return the path of the page.

    Parameters
    ----------
    folder : RunFolder
        The folder.
    page : Page
        What the page shows.
    files : mapping of str to str or bytes
        Results, tables and figures by their path in the folder; the page's pictures among them.

    Raises
    ------
    InputError
        If one of them cannot be written; the run is not finished then.
    """
    with one_line_for("write", folder.path / KEPT):
        (folder.path / KEPT).unlink(missing_ok=True)
    for name, content in files.items():
        folder.write(name, content)
    digests = {name: digest_of(folder.path / name) for name in (SPEC, *files)}
    kept = Kept(page, digests, _made(folder))
    plain: object = TypeAdapter(Kept).dump_python(kept, mode="json")
    folder.write(KEPT, to_json(plain))
    return _write_page(folder, kept)


def is_finished(path: Path, asked: Mapping[str, object]) -> bool:
    """Return whether a folder holds a finished run that was asked the same by the same versions."""
    try:
        _read(path)
        return not changes(path, asked)
    except (OSError, *DAMAGED):
        return False


def has_figures(path: Path, chosen: Format) -> bool:
    """Return whether a finished run has its figures in a format."""
    return all((path / picture.file).with_suffix(f".{chosen}").is_file() for picture in _read(path).page.pictures)


def reopen(path: Path) -> tuple[Page, Path]:
    """Return what a finished run's page shows, and its path; the page is written again if it is not there.

    Nothing that the run's question names is imported.

    Raises
    ------
    InputError
        If the folder holds no finished run, or a file of it is not what the run wrote.
    """
    try:
        kept, shown = _read(path), path / PAGE
        return kept.page, shown if shown.is_file() else _write_page(RunFolder(path), kept)
    except InputError:
        raise
    except (OSError, *DAMAGED) as error:
        raise InputError(
            f"{path} holds no finished run ({why(error)}): give the folder of one, or finish it by its command"
        ) from error


def link_pages(title: str, folders: Iterable[Path]) -> Links:
    """Return links to the pages of the runs in some folders."""
    return Links(title, tuple((folder / PAGE).as_posix() for folder in folders))


def tables_of(path: Path, chosen: TableFormat) -> list[Path]:
    """Return where a finished run has its tables in a format; those of LaTeX are written now.

    Raises
    ------
    InputError
        As `reopen` does, or if one cannot be written.
    """
    page, _ = reopen(path)
    if chosen is TableFormat.CSV:
        return sorted(path.glob("tables/*.csv"))
    folder, tables = RunFolder(path), [part for part in page.body if isinstance(part, Table)]
    return [folder.write(f"tables/{label_of(table)}.tex", to_latex(table)) for table in tables]


def _read(path: Path) -> Kept:
    plain = read_json(path / KEPT)
    require_keys(plain, "page", "files", "made")
    require_format(path, plain)
    try:
        kept = TypeAdapter(Kept).validate_json(to_json(plain), strict=True)
    except ValidationError as error:
        raise ValueError(f"{KEPT} is damaged: {why(error)}") from error
    for name, digest in kept.files.items():
        _require_whole(path, name, digest)
    return kept


def _require_whole(path: Path, name: str, digest: str) -> None:
    there = (path / name).is_file()
    if there and digest_of(path / name) == digest:
        return
    wrong = f"{name} is {'not what the run wrote' if there else 'missing'}"
    if name == SPEC:
        raise InputError(f"{path} cannot be told from another run ({wrong}): put it back, or choose another --out")
    raise ValueError(wrong)


def _made(folder: RunFolder) -> dict[str, str]:
    """Return when and by what a run was made; what a resumed run took before is not known."""
    spec = read_spec(folder.path)
    return {
        "Date": f"{datetime.now().astimezone():%Y-%m-%d %H:%M %Z}",
        "Duration": f"{spoken(folder.seconds)}, from its start or from where it was last continued",
        "Versions": ", ".join(f"{name} {version}" for name, version in spec["versions"].items()),
    }


def _write_page(folder: RunFolder, kept: Kept) -> Path:
    from analysis.reporting.html import to_html

    pictures = {each.name: (folder.path / each.file).read_bytes() for each in kept.page.pictures}
    return folder.write(PAGE, to_html(kept.page, pictures, kept.made))
