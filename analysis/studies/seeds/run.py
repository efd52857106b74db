"""Several audits that differ in their seed alone: all of them in, what they say together out."""

from pathlib import Path

from analysis.reporting.finished import is_finished, reopen
from analysis.reporting.folder import RunFolder, open_run
from analysis.reporting.progress import Progress, Say, silent, unsaid
from analysis.reporting.workers import ONE_WORKER, Workers
from analysis.studies.questions import to_plain
from analysis.studies.seeds.found import SeedsReport
from analysis.studies.seeds.spec import Several
from fedsz_privacy.core.threads import one_thread


@one_thread()
def run_seeds(
    spec: Several,
    path: Path,
    workers: Workers = ONE_WORKER,
    progress: Progress = silent,
    say: Say = unsaid,
) -> tuple[SeedsReport, RunFolder]:
    """Run an audit for each seed, in a folder of its own, or finish what was interrupted.

    Parameters
    ----------
    spec : SeedsSpec or ClientsSeedsSpec
        The question.
    path : Path
        Folder of the run; each audit is a whole run in `folder_of` it, and a finished one is not played again.
    workers, progress, say
        As `run_audit` and `run_clients` take them; what is said is of the seed that is named first.

    Raises
    ------
    InputError
        As these do. Nothing is written if the first audit does not fit the question.
    """
    audits = spec.audits
    missing = [seed for seed in spec.seeds if not _is_there(spec, seed, folder_of(path, seed))]
    if missing:
        audits.check(spec.at(missing[0]), workers)
    folder = open_run(path, to_plain(audits.command, spec))
    for seed in missing:
        audits.play(spec.at(seed), folder_of(path, seed), workers, progress, _named(seed, say))
    places = [folder_of(path, seed) for seed in spec.seeds]
    settings = tuple(reopen(place)[0].setting for place in places)
    return SeedsReport(spec, tuple(map(audits.read, places)), settings), folder


def folder_of(path: Path, seed: int) -> Path:
    """Return the folder of one seed's audit, in that of the run."""
    return path / f"seed-{seed}"


def _is_there(spec: Several, seed: int, path: Path) -> bool:
    return is_finished(path, to_plain(spec.audits.command, spec.at(seed)))


def _named(seed: int, say: Say) -> Say:
    return lambda line: say(f"seed {seed}: {line}")
