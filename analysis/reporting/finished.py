"""Finished runs: results and page are written once, and opened again without computing anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from analysis.reporting.folder import DAMAGED, RunFolder, changes, to_json
from analysis.reporting.page import Page
from fedsz_privacy.core.errors import InputError, one_line

KEPT, PAGE = "report.json", "report.html"


@dataclass(frozen=True)
class Kept:
    """What ``report.json`` holds: the page, and the names of all other files that the run wrote."""

    page: Page
    files: tuple[str, ...]


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
    """
    (folder.path / KEPT).unlink(missing_ok=True)
    for name, content in files.items():
        folder.write(name, content)
    kept: object = TypeAdapter(Kept).dump_python(Kept(page, tuple(files)), mode="json")
    folder.write(KEPT, to_json(kept))
    return _write_page(folder, page)


def is_finished(path: Path, asked: Mapping[str, object]) -> bool:
    """Return whether a folder holds a finished run that was asked the same by the same versions."""
    try:
        _read(path)
        return not changes(path, asked)
    except (OSError, *DAMAGED):
        return False


def reopen(path: Path) -> tuple[Page, Path]:
    """Return what a finished run's page shows, and its path; the page is written again if it is not there.

    Raises
    ------
    InputError
        If the folder holds no finished run.
    """
    try:
        page = _read(path)
        shown = path / PAGE
        return page, shown if shown.is_file() else _write_page(RunFolder(path), page)
    except (OSError, *DAMAGED) as error:
        raise InputError(
            f"{path} holds no finished run ({one_line(error)}): give the folder of one, or finish it by its command"
        ) from error


def _read(path: Path) -> Page:
    if not (path / KEPT).is_file():
        raise FileNotFoundError(f"{KEPT} is missing")
    kept = TypeAdapter(Kept).validate_json((path / KEPT).read_bytes(), strict=True)
    if missing := [name for name in kept.files if not (path / name).is_file()]:
        raise FileNotFoundError(f"{missing[0]} is missing")
    return kept.page


def _write_page(folder: RunFolder, page: Page) -> Path:
    from analysis.reporting.html import to_html

    return folder.write(
        PAGE, to_html(page, {each.name: (folder.path / each.file).read_bytes() for each in page.pictures})
    )
