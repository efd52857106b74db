"""An audit of recorded updates: a question in, a report out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

from analysis.methods.guarantee import Guarantee, guarantee
from analysis.methods.leakage.membership import Leakage
from analysis.methods.leakage.resampling import resample_weights
from analysis.reporting.folder import RunFolder, is_empty, open_run
from analysis.reporting.progress import Progress, Say, silent, unsaid
from analysis.studies.audit.strongest import Strongest
from analysis.studies.claims import describe_refused
from analysis.studies.conclusions.defence import Finding, conclude, pair_auc
from analysis.studies.noise.update_study import NoiseStudy
from analysis.studies.recorded.choices import choose_clients, choose_signals, little_lossy, require_room
from analysis.studies.recorded.errors import study_releases
from analysis.studies.recorded.material import Material, load
from analysis.studies.recorded.measure import (
    ByDefence,
    CoinBound,
    bound_by_coins,
    choose_strongest,
    measure,
)
from analysis.studies.recorded.members import Candidates, choose_candidates
from analysis.studies.recorded.observe import Observations, observe_rounds
from analysis.studies.recorded.parts import measure_clients, measure_rounds
from analysis.studies.recorded.spec import RecordedSpec
from analysis.studies.report import Presentation, Report
from analysis.studies.spec import REFERENCE
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import nbytes
from fedsz_privacy.core.threads import one_thread
from fedsz_privacy.defences.conditions import hold_to_conditions
from fedsz_privacy.defences.release import Release
from fedsz_privacy.training.accounting import composed


@dataclass(frozen=True)
class RecordedReport(Report):
    """What an audit of recorded updates found.

    Attributes
    ----------
    spec : RecordedSpec
        What was asked.
    material : Material
        What was audited.
    candidates : Candidates
        Whose membership was judged.
    rounds : tuple of int
        Numbers of the rounds.
    observations : Observations
        What was read off them.
    scores : mapping of str to mapping of str to float64 array, shape (records, clients)
        Scores over all rounds, as ``scores[release][signal]``, the strongest among them under its own name.
    strongest : Strongest
        The signal that is shown where one is.
    leakage : mapping of str to mapping of str to Leakage
        Leakage over all clients, as ``leakage[release][signal]``, the strongest signal under its own name.
    by_client : mapping of str to mapping of str to Leakage
        Leakage of each client by the strongest signal, by release.
    by_round : mapping of int to mapping of str to Leakage
        Leakage in each round by the strongest signal, by release.
    guarantees : mapping of str to Guarantee
        What each release guarantees, over as many rounds as a client took part in at most.
    bounds : mapping of str to mapping of str to CoinBound
        Lower bounds by client and release; of no client where no coins decided.
    noise : mapping of str to NoiseStudy or None
        The error of each release on updates of the last round; None where there is none.
    notices : tuple of str
        What a reader should know of how it was done, one line each.
    """

    spec: RecordedSpec
    material: Material
    candidates: Candidates
    rounds: tuple[int, ...]
    observations: Observations
    scores: ByDefence
    strongest: Strongest
    leakage: Mapping[str, Mapping[str, Leakage]]
    by_client: Mapping[str, Mapping[str, Leakage]]
    by_round: Mapping[int, Mapping[str, Leakage]]
    guarantees: Mapping[str, Guarantee]
    bounds: Mapping[str, Mapping[str, CoinBound]]
    noise: Mapping[str, NoiseStudy | None]
    notices: tuple[str, ...] = ()

    @property
    def signals(self) -> tuple[str, ...]:
        """The signals that were read."""
        return tuple(self.observations.scores[REFERENCE])

    @property
    def measured(self) -> dict[str, dict[str, Leakage]]:
        """Leakage over all clients by release and signal, without the strongest under its own name."""
        return {
            release: {signal: by_signal[signal] for signal in self.signals}
            for release, by_signal in self.leakage.items()
        }

    @property
    def update_bytes(self) -> int:
        """Size of an update, uncompressed."""
        return nbytes(self.material.model.state_dict())

    def ratio(self, release: str) -> float:
        """Compression ratio of a release, original over compressed."""
        return self.update_bytes / self.observations.sizes[release]

    @staticmethod
    def _presentation() -> Presentation:
        from analysis.studies.recorded import report

        return report

    @property
    def conclusion(self) -> tuple[str, ...]:
        """What came out, one line for each release."""
        strongest = {release: by_signal[self.strongest.name] for release, by_signal in self.leakage.items()}
        return tuple(
            conclude(
                Finding(
                    defence=release,
                    ratio=None if release == REFERENCE else self.ratio(release),
                    measured=pair_auc(release, strongest),
                    guarantee=self.guarantees[release],
                )
            )
            for release in self.leakage
        )


@one_thread()
def run_recorded(
    spec: RecordedSpec,
    path: Path,
    trusted: bool = False,
    progress: Progress = silent,
    say: Say = unsaid,
) -> tuple[RecordedReport, RunFolder]:
    """Audit recorded updates.

    Parameters
    ----------
    spec : RecordedSpec
        The question.
    path : Path
        Folder of the run.
    trusted : bool
        Whether code that only the recording names may run.
    progress : Progress
        Shows how far the loop over rounds has come.
    say : callable
        Told what a reader should know of the recording.

    Raises
    ------
    InputError
        If recording, files, records or the folder do not fit the question. Nothing is written then.
    """
    start = monotonic()
    material = load(spec, trusted)
    clients, told = choose_clients(spec, material)
    rng = generator(spec.seed, Purpose.PARTITION)
    count = len(material.split.train)
    candidates = choose_candidates(material.manifest, clients, count, spec.candidates, rng)
    signals, unread = choose_signals(spec.get_signals(), material, clients)
    require_room(spec, material.rounds, candidates, signals)
    state = material.rounds[-1].before()
    releases = [hold_to_conditions(each, state, spec.seed) for each in spec.parse_releases(material.most_rounds)]
    notices = (*material.notices, *told, *unread, *little_lossy(releases, material), *describe_refused(releases))
    for notice in notices:
        say(notice)
    folder = None if is_empty(path) else open_run(path, spec.to_dict())
    observations = observe_rounds(material, candidates, releases, signals, spec.seed, progress, say)
    report = _measured(spec, material, candidates, releases, observations, notices)
    return report, replace(folder or open_run(path, spec.to_dict()), opened=start)


def _measured(
    spec: RecordedSpec,
    material: Material,
    candidates: Candidates,
    releases: Sequence[Release],
    observations: Observations,
    notices: Sequence[str],
) -> RecordedReport:
    names = list(observations.scores[REFERENCE])
    means = {
        release: {signal: observations.mean(release, signal) for signal in names} for release in observations.scores
    }
    strongest = choose_strongest(means[REFERENCE], candidates)
    # The strongest signal of a half of the records: halves are along the first axis.
    scores = {release: strongest.beside(by_signal) for release, by_signal in means.items()}
    weights = resample_weights(
        len(candidates.records), len(candidates.clients), generator(spec.seed, Purpose.BOOTSTRAP)
    )
    numbers = tuple(each.number for each in material.rounds)
    times = int(observations.took_part.sum(axis=0).max())
    return RecordedReport(
        spec=spec,
        material=material,
        candidates=candidates,
        rounds=numbers,
        observations=observations,
        scores=scores,
        strongest=strongest,
        leakage=measure(scores, candidates, candidates.judged, weights),
        by_client=measure_clients(scores, strongest, candidates, weights),
        by_round=measure_rounds(observations, numbers, strongest, candidates, weights),
        guarantees={
            each.name: guarantee(replace(each, event=composed(each.event, times)), spec.delta) for each in releases
        },
        bounds=bound_by_coins(scores, names[0], candidates, material.manifest.coins, spec.delta, spec.seed),
        noise=study_releases(material.rounds[-1], releases, material.everybody, spec.seed),
        notices=(*notices, *observations.notices),
    )
