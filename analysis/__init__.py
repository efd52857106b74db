"""What it means: fits of the noise, measured leakage, verdicts, and whole audits."""

from analysis.audit import AuditReport, run_audit
from analysis.fits import Fit
from analysis.noise import NoiseFit, fit_noise
from analysis.spec import AuditSpec
from analysis.verdict import Verdict, guarantee

__all__ = ["AuditReport", "AuditSpec", "Fit", "NoiseFit", "Verdict", "fit_noise", "guarantee", "run_audit"]
