"""A federation under several defences: performance by round, bytes, and where the time goes."""

from pathlib import Path

from analysis.methods.guarantee import guarantee
from analysis.methods.over_records import difference_over_records, mean_over_records
from analysis.reporting.folder import RunFolder, open_run, require_place
from analysis.reporting.progress import Progress, Say, silent, unsaid
from analysis.studies.claims import settle_claims
from analysis.studies.federation.duration import describe_federations
from analysis.studies.federation.found import FederationReport
from analysis.studies.federation.kept_rounds import continue_rounds, measure_last
from analysis.studies.federation.prepare import prepare
from analysis.studies.federation.record import open_recorder
from analysis.studies.federation.spec import FederationSpec
from analysis.studies.questions import to_plain
from analysis.studies.spec import REFERENCE
from fedsz_privacy.core.threads import one_thread


@one_thread()
def run_federation(
    spec: FederationSpec, path: Path, progress: Progress = silent, say: Say = unsaid, record: Path | None = None
) -> tuple[FederationReport, RunFolder]:
    """Run a federation once for each defence, or finish a run that was interrupted.

    Parameters
    ----------
    spec : FederationSpec
        The question.
    path : Path
        Folder of the run.
    progress : Progress
        Shows how far the loops have come.
    say : callable
        Told what a reader should know before the work starts.
    record : Path, optional
        Where the rounds without a defence are recorded.

    Raises
    ------
    InputError
        If the data, the model, the training or the folder do not fit the question. Nothing is written then.
    """
    there, asked = prepare(spec), to_plain("federate", spec)
    split, model, clients = there.split, there.model, there.clients
    for notice in (*there.notices, describe_federations(there.seconds)):
        say(notice)
    held = clients.sum(axis=1).tolist()
    defences, refused = settle_claims(there.spec, model, split.train, model.state_dict(), say, held)
    notices = (*there.notices, *refused)
    require_place(path, asked)
    recorder = open_recorder(spec, clients, asked, record) if record else None
    folder = open_run(path, asked)
    rounds, last = {}, {}
    for number, defence in enumerate(defences):
        federation = there.federation(spec, defence)
        path = folder.path / "rounds" / f"{number}.safetensors"
        about = {
            "run": folder.digest,
            "kind": "rounds and memories",
            "number": number,
            "metric": split.test.task.metric,
        }
        kept = recorder if defence.name == REFERENCE else None
        rows = continue_rounds(federation, split.test, spec.rounds, path, about, say, kept)
        rounds[defence.name] = tuple(progress(rows, description=defence.name, total=spec.rounds))
        last[defence.name] = measure_last(federation, path, about, split.test)
    guarantees = {defence.name: guarantee(defence, spec.delta) for defence in defences}
    performance = {name: mean_over_records(values) for name, values in last.items()}
    changes = {name: difference_over_records(values, last[REFERENCE]) for name, values in last.items()}
    report = FederationReport(
        spec, len(split.train), split.test.task.metric, guarantees, rounds, performance, changes, notices
    )
    return report, folder
