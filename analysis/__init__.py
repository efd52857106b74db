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
    from analysis.studies.audit.run import AuditReport, run_audit
    from analysis.studies.audit.spec import AuditSpec
    from analysis.studies.audit.verdict import Verdict
    from analysis.studies.seeds.run import SeedsReport, run_seeds
    from analysis.studies.seeds.spec import ClientsSeedsSpec, SeedsSpec

_HOMES = {
    "AuditReport": "studies.audit.run",
    "AuditSpec": "studies.audit.spec",
    "ClientsSeedsSpec": "studies.seeds.spec",
    "Fit": "methods.noise.fits",
    "NoiseFit": "methods.noise.noise_fit",
    "SeedsReport": "studies.seeds.run",
    "SeedsSpec": "studies.seeds.spec",
    "Verdict": "studies.audit.verdict",
    "fit_noise": "methods.noise.noise_fit",
    "guarantee": "methods.guarantee",
    "run_audit": "studies.audit.run",
    "run_seeds": "studies.seeds.run",
}

__all__ = [
    "AuditReport",
    "AuditSpec",
    "ClientsSeedsSpec",
    "Fit",
    "NoiseFit",
    "SeedsReport",
    "SeedsSpec",
    "Verdict",
    "fit_noise",
    "guarantee",
    "run_audit",
    "run_seeds",
]

__getattr__ = lazy(__name__, _HOMES)
