"""What it means: fits of the noise, measured leakage, verdicts, and whole studies.

The files, by what they are about:

- a run: ``run_folder``, ``progress``, ``page``
- an audit: ``spec``, ``prepare``, ``audit``, then ``membership`` (statistics), ``verdict``, ``results``, ``tables``,
  ``plots``, ``report``
- errors: ``residuals``, ``sketch``, ``laws``, ``fits``, ``distances``, ``p_values``, ``dependence``, ``detectors``, and
  ``noise``, which joins them in `fit_noise`
- what the errors would be worth: ``privacy_curves``, ``delta_curves``, ``fit_curves``; ``neighbours`` and ``deciding``
- studies of errors: ``noise_study`` (of an audit's updates), ``tensor_study``, ``checkpoint_study`` (of a checkpoint),
  with ``noise_run``, ``noise_verdict``, ``noise_tables``, ``noise_plots``, ``noise_figures``, ``noise_report``
- compressors: ``compression``, ``bench``, ``bench_report``
- rounds and links: ``federation_spec``, ``federation``, ``link``, ``federation_report``
- ``lower_bounds``: what an attack proves of epsilon
"""

from analysis.audit import AuditReport, run_audit
from analysis.fits import Fit
from analysis.noise import NoiseFit, fit_noise
from analysis.spec import AuditSpec
from analysis.verdict import Verdict, guarantee

__all__ = ["AuditReport", "AuditSpec", "Fit", "NoiseFit", "Verdict", "fit_noise", "guarantee", "run_audit"]
