"""What it means: fits of the noise, measured leakage, verdicts, and whole studies.

The rooms:

- ``methods``: arrays in, values out. ``noise``: distributions fitted to errors, and how far the data decides them;
  ``curves``: what errors would be worth as noise, and what neighbours give away instead; ``leakage``: what an attack's
  scores say; ``lower_bounds``: what they say of epsilon; ``guarantee``: what a privacy event guarantees
- ``studies``: a question in, a report out. ``audit``, ``seeds`` (several audits), ``clients``, ``recorded``,
  ``scores``, ``account``, ``noise``, ``bench``, ``federation``, ``recommend``; ``files``: states compressed in files;
  ``conclusions``: what studies conclude in words
- ``reporting``: what every study shares, its folder, progress, workers, tables and pages
- ``cli``: the command line, a file for each command

Names load on first use, so that asking the command line for help costs no torch.
"""

from typing import TYPE_CHECKING

from fedsz_privacy.core.lazy import lazy

if TYPE_CHECKING:
    from analysis.methods.guarantee import guarantee
    from analysis.methods.noise.fits import Fit
    from analysis.methods.noise.noise_fit import NoiseFit, fit_noise
    from analysis.studies.audit.found import AuditReport
    from analysis.studies.audit.run import run_audit
    from analysis.studies.audit.spec import AuditSpec
    from analysis.studies.audit.verdict import Verdict
    from analysis.studies.bench.found import BenchReport
    from analysis.studies.bench.run import run_bench
    from analysis.studies.bench.spec import BenchSpec
    from analysis.studies.clients.found import ClientsReport
    from analysis.studies.clients.run import run_clients
    from analysis.studies.clients.spec import ClientsSpec
    from analysis.studies.federation.found import FederationReport
    from analysis.studies.federation.run import run_federation
    from analysis.studies.federation.spec import FederationSpec
    from analysis.studies.noise.found import NoiseReport
    from analysis.studies.noise.run import run_noise
    from analysis.studies.noise.spec import NoiseSpec
    from analysis.studies.recommend.found import RecommendReport
    from analysis.studies.recommend.run import run_recommend
    from analysis.studies.recommend.spec import RecommendSpec
    from analysis.studies.recorded.found import RecordedReport
    from analysis.studies.recorded.run import run_recorded
    from analysis.studies.recorded.spec import RecordedSpec
    from analysis.studies.scores.found import ScoresReport
    from analysis.studies.scores.run import run_scores
    from analysis.studies.scores.spec import ScoresSpec
    from analysis.studies.seeds.found import SeedsReport
    from analysis.studies.seeds.run import run_seeds
    from analysis.studies.seeds.spec import ClientsSeedsSpec, SeedsSpec

_HOMES = {
    "AuditReport": "studies.audit.found",
    "AuditSpec": "studies.audit.spec",
    "BenchReport": "studies.bench.found",
    "BenchSpec": "studies.bench.spec",
    "ClientsReport": "studies.clients.found",
    "ClientsSeedsSpec": "studies.seeds.spec",
    "ClientsSpec": "studies.clients.spec",
    "FederationReport": "studies.federation.found",
    "FederationSpec": "studies.federation.spec",
    "Fit": "methods.noise.fits",
    "NoiseFit": "methods.noise.noise_fit",
    "NoiseReport": "studies.noise.found",
    "NoiseSpec": "studies.noise.spec",
    "RecommendReport": "studies.recommend.found",
    "RecommendSpec": "studies.recommend.spec",
    "RecordedReport": "studies.recorded.found",
    "RecordedSpec": "studies.recorded.spec",
    "ScoresReport": "studies.scores.found",
    "ScoresSpec": "studies.scores.spec",
    "SeedsReport": "studies.seeds.found",
    "SeedsSpec": "studies.seeds.spec",
    "Verdict": "studies.audit.verdict",
    "fit_noise": "methods.noise.noise_fit",
    "guarantee": "methods.guarantee",
    "run_audit": "studies.audit.run",
    "run_bench": "studies.bench.run",
    "run_clients": "studies.clients.run",
    "run_federation": "studies.federation.run",
    "run_noise": "studies.noise.run",
    "run_recommend": "studies.recommend.run",
    "run_recorded": "studies.recorded.run",
    "run_scores": "studies.scores.run",
    "run_seeds": "studies.seeds.run",
}

__all__ = [
    "AuditReport",
    "AuditSpec",
    "BenchReport",
    "BenchSpec",
    "ClientsReport",
    "ClientsSeedsSpec",
    "ClientsSpec",
    "FederationReport",
    "FederationSpec",
    "Fit",
    "NoiseFit",
    "NoiseReport",
    "NoiseSpec",
    "RecommendReport",
    "RecommendSpec",
    "RecordedReport",
    "RecordedSpec",
    "ScoresReport",
    "ScoresSpec",
    "SeedsReport",
    "SeedsSpec",
    "Verdict",
    "fit_noise",
    "guarantee",
    "run_audit",
    "run_bench",
    "run_clients",
    "run_federation",
    "run_noise",
    "run_recommend",
    "run_recorded",
    "run_scores",
    "run_seeds",
]

__getattr__ = lazy(__name__, _HOMES)
