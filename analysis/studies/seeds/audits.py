"""What it takes to put several audits of one kind together: how one is checked, played, and read back."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.reporting.progress import Progress, Say
from analysis.reporting.workers import Workers
from analysis.studies.seeds.audit_found import AuditFound
from fedsz_privacy.defences.proof import Unit

Play = Callable[[Any, Path, Workers, Progress, Say], None]
"""Plays the audit of a question in a folder, and writes its report there."""


@dataclass(frozen=True)
class Audits:
    """A kind of audits, and the words for it.

    Attributes
    ----------
    command : str
        The command that asks for one.
    title, question, canaries : str
        What the page is called, what it answers, and what its canaries are.
    unit : Unit
        The unit of privacy of what is measured.
    average : str
        The average of those whose membership is asked, in words.
    group : str
        The group of all of them, as results name it.
    exposed : str
        That of the most vulnerable; empty where there is none.
    described : bool
        Whether errors are described by an as-if epsilon.
    check : callable
        Raises InputError if a question cannot be played by some workers; nothing is written.
    play : Play
        Plays one audit.
    read : callable
        From the folder of a finished audit to what it found.
    """

    command: str
    title: str
    question: str
    canaries: str
    unit: Unit
    average: str
    group: str
    exposed: str
    described: bool
    check: Callable[[Any, Workers], object]
    play: Play
    read: Callable[[Path], AuditFound]
