"""What it means: fits of the noise, measured leakage, verdicts, and whole studies.

The rooms:

- ``audit``: a question, trials played for it, what they measure, and the verdict; ``audit_report`` shows it
- ``leakage``: what an attack's scores say; ``lower_bounds``: what they prove of epsilon
- ``noise``: laws fitted to errors, and how far the data decides them, joined in `fit_noise`; ``noise_study``: whole
  studies of errors; ``curves``: what the errors would be worth as noise, and what neighbours give away instead
- ``compression``: compressors side by side; ``federation``: rounds, and the links over which compression pays
- ``runs``: what every command shares, its folder, progress, workers, tables and pages
- ``guarantee``: what is proved; ``reference``: the release that others are compared to
"""

from analysis.audit.run import AuditReport, run_audit
from analysis.audit.spec import AuditSpec
from analysis.audit.verdict import Verdict
from analysis.guarantee import guarantee
from analysis.noise.fits import Fit
from analysis.noise.noise_fit import NoiseFit, fit_noise

__all__ = ["AuditReport", "AuditSpec", "Fit", "NoiseFit", "Verdict", "fit_noise", "guarantee", "run_audit"]
