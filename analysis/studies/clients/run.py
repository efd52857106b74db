"""A whole audit of clients: a question in, a report out."""

from pathlib import Path

import numpy as np

from analysis.methods.guarantee import guarantee
from analysis.methods.leakage.groups import FixedGroup
from analysis.methods.leakage.resampling import resample_weights
from analysis.reporting.folder import RunFolder, open_run
from analysis.reporting.progress import Progress, Say, silent, unsaid
from analysis.reporting.workers import ONE_WORKER, Workers
from analysis.studies.audit.measure import bound_epsilon, measure_group, scores_of
from analysis.studies.audit.strongest import choose_strongest
from analysis.studies.claims import settle_claims
from analysis.studies.clients.canaries import bound_by_clients
from analysis.studies.clients.found import ClientsReport
from analysis.studies.clients.prepare import check, load, set_up, train_before
from analysis.studies.clients.spec import ClientsSpec
from analysis.studies.playing import playing
from analysis.studies.questions import to_plain
from attacks import Trials
from attacks.clients.own_update import expected_updates
from attacks.clients.play import ClientPlayer
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.threads import one_thread


@one_thread()
def run_clients(
    spec: ClientsSpec,
    path: Path,
    workers: Workers = ONE_WORKER,
    progress: Progress = silent,
    say: Say = unsaid,
) -> tuple[ClientsReport, RunFolder]:
    """Run an audit of whole clients, or finish one that was interrupted.

    Parameters
    ----------
    spec : ClientsSpec
        The question.
    path : Path
        Folder of the run; finished trials in it are not played again.
    workers : Workers
        Who plays the trials; the results are the same whoever does.
    progress : Progress
        Shows how far the loops have come.
    say : callable
        Told what a reader should know before the work starts, and of each trial that is played again.

    Raises
    ------
    InputError
        If the data, the model, the training or the folder do not fit the question. Nothing is written then.
    """
    split, model = load(spec)
    still = set_up(spec, split, model)
    *found, duration = check(spec, still, spec.parse_defences(), workers)
    for notice in (*split.notices, *found, duration):
        say(notice)
    defences, refused = settle_claims(spec, model, split.train, still.state, say, [spec.client_records])
    notices, signals = (*split.notices, *found, *refused), spec.get_signals()
    folder = open_run(path, to_plain("audit-clients", spec))
    game = train_before(spec, still, split, progress)
    with playing(spec.trials, folder, workers, progress, say) as played:
        expected = expected_updates(game, spec.clients)
        trials = played(ClientPlayer(game, defences, spec.clients, expected, signals, spec.get_adversary()), "trials")
        canaries = bound_by_clients(spec, game, defences, played)
    strongest = choose_strongest(spec, trials, signals)
    scores = scores_of(trials, spec.defences, signals)
    leakage = measure_group(_everybody(spec, trials), {name: strongest.beside(each) for name, each in scores.items()})
    guarantees = {defence.name: guarantee(defence, spec.delta) for defence in defences}
    lower_bounds = bound_epsilon(spec, trials, signals)
    return (
        ClientsReport(spec, game, trials, strongest, guarantees, leakage, lower_bounds, canaries, notices),
        folder,
    )


def _everybody(spec: ClientsSpec, trials: Trials) -> FixedGroup:
    """Return all clients as one group, whose intervals are over trials and clients."""
    weights = resample_weights(spec.trials, spec.clients, generator(spec.seed, Purpose.BOOTSTRAP))
    everyone = np.ones_like(trials.membership)
    return FixedGroup(everyone, trials.membership[everyone], weights[:, everyone])
