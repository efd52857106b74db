"""A whole audit of clients: a question in, a report out."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.methods.guarantee import Guarantee, guarantee
from analysis.methods.leakage.groups import FixedGroup
from analysis.methods.leakage.membership import Leakage
from analysis.methods.leakage.resampling import resample_weights
from analysis.methods.lower_bounds import EpsilonBound
from analysis.methods.over_seeds import Mean
from analysis.reporting.folder import RunFolder, open_run
from analysis.reporting.progress import Progress, Say, silent, unsaid
from analysis.reporting.workers import ONE_WORKER, Workers
from analysis.studies.audit.canary_bounds import CanaryBound
from analysis.studies.audit.measure import bound_epsilon, measure_group, performance_over_trials, scores_of
from analysis.studies.audit.strongest import Strongest, choose_strongest
from analysis.studies.claims import settle_claims
from analysis.studies.clients.canaries import bound_by_clients
from analysis.studies.clients.prepare import check, load, set_up, train_before
from analysis.studies.clients.spec import ClientsSpec
from analysis.studies.conclusions.defence import Finding, conclude, pair_auc
from analysis.studies.playing import playing
from analysis.studies.questions import to_plain
from analysis.studies.report import Presentation, Report
from analysis.studies.spec import REFERENCE
from attacks import Game, Trials
from attacks.clients.own_update import expected_updates
from attacks.clients.play import ClientPlayer
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import nbytes
from fedsz_privacy.core.threads import one_thread


@dataclass(frozen=True)
class ClientsReport(Report):
    """What an audit of clients found; every mapping has a key for each of ``spec.defences``, in that order.

    Attributes
    ----------
    spec : ClientsSpec
        What was asked.
    game : Game
        What was played.
    trials : Trials
        What was read off every trial.
    strongest : Strongest
        The signal that is shown where one is.
    guarantees : mapping of str to Guarantee
        What is guaranteed over all rounds.
    leakage : mapping of str to mapping of str to Leakage
        What each signal's attack achieved on whole clients, as ``leakage[defence][signal]``.
    lower_bounds : mapping of str to EpsilonBound
        What the clients' own records prove of epsilon, for one client.
    canaries : mapping of str to tuple of CanaryBound
        What client canaries prove of it.
    notices : tuple of str
        What a reader should know of how it was done, one line each.
    """

    spec: ClientsSpec
    game: Game
    trials: Trials
    strongest: Strongest
    guarantees: Mapping[str, Guarantee]
    leakage: Mapping[str, Mapping[str, Leakage]]
    lower_bounds: Mapping[str, EpsilonBound]
    canaries: Mapping[str, tuple[CanaryBound, ...]]
    notices: tuple[str, ...] = ()

    def ratio(self, defence: str) -> float:
        """Compression ratio of the updates of those who are in."""
        return nbytes(self.game.state) / self.nbytes(defence)

    def nbytes(self, defence: str) -> float:
        """Mean size of the updates of those who are in, in bytes."""
        return float(self.trials.sizes[:, self.spec.defences.index(defence)].mean())

    def performance(self, defence: str) -> Mean:
        """Mean performance on test records of the model that the adversary's last look shows, over trials."""
        return performance_over_trials(self.game, self.trials, self.spec.defences.index(defence))

    @staticmethod
    def _presentation() -> Presentation:
        from analysis.studies.clients import report

        return report

    @property
    def conclusion(self) -> tuple[str, ...]:
        """What came out, one line for each defence."""
        strongest = {name: found[self.strongest.name] for name, found in self.leakage.items()}
        return tuple(
            conclude(
                Finding(
                    defence=name,
                    ratio=None if name == REFERENCE else self.ratio(name),
                    measured=pair_auc(name, strongest),
                    guarantee=self.guarantees[name],
                    epsilon_lower_bound=self.lower_bounds[name],
                    canaries=self.canaries[name],
                )
            )
            for name in self.spec.defences
        )


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
