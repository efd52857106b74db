"""The tables of a noise study: for people, and as rows for a file."""

from collections.abc import Sequence

from analysis.methods.noise.fits import Fit
from analysis.methods.noise.p_values import REPETITIONS, SUBSAMPLE
from analysis.reporting.numbers import interval, significant
from analysis.reporting.table import Row, Table, with_interval
from analysis.studies.noise.cells import SHOWN_DISTRIBUTIONS, as_if_cells, decision_cells, scope_cells
from analysis.studies.noise.checkpoint_study import CheckpointStudy
from analysis.studies.noise.found import NoiseReport
from analysis.studies.noise.scopes import Scope
from analysis.studies.noise.tensor_study import ADJACENCY
from fedsz_privacy.core.numbers import write_shortest

MU_DISTRIBUTIONS = ("normal", "generalised normal", "student t")
RESOLVABLE = "R²(e|x) and xi tell nothing where there are nearly as many codes as elements: not resolvable."
MOST_ROWS = 30
"""Most tensors that the page shows, the largest first; the file of rows holds all."""


def scope_table(report: NoiseReport) -> Table:
    """Return the fits of the pooled errors and of the largest tensors."""
    return Table(
        title="Fits by tensor",
        note="Maximum-likelihood fits on error over bound, or over the largest error seen where a release reports no "
        "bound (pooled raw: over the deviation). The best distribution has the least BIC. KS is the Kolmogorov-Smirnov "
        f"distance, W1 Wasserstein-1. The p-values say only whether {SUBSAMPLE} of the errors suffice to reject a "
        f"distribution ({REPETITIONS} Monte Carlo refits). {RESOLVABLE} R²(e|all values) is the share of the error "
        "that comes back when all is released again.",
        columns=("release", "tensor", "elements", "best distribution", "KS best", "KS uniform", "KS Laplace",
                 "KS normal", "W1 uniform", "W1 Laplace", "W1 normal", "R²(e|x)", "R²(e|all values)", "xi", "exactly 0",
                 "p uniform", "p Laplace", "p normal"),
        rows=[row for study in report.found.values() for row in _scopes(study)],
    )  # fmt: skip


def family_table(report: NoiseReport) -> Table:
    """Return every distance to every family, for the pooled errors and the largest tensor."""
    return Table(
        title="Distances to every family",
        note="95% intervals of the distance between the errors' source and the printed distribution. Total variation "
        "and log ratio are taken on 64 even bins. BIC is over the number of errors, less that of the best family; "
        "held out is the mean log density of errors that the fit did not see.",
        columns=("release", "errors", "family", "location", "scale", "shape", "atom at 0", "KS", "W1",
                 "total variation", "log density ratio", "BIC difference", "held out"),
        rows=[
            (release, scope.label, fit.family, *_family(fit, min(f.bic for f in scope.fit.fits)))
            for release, study in report.found.items()
            for scope in (*study.pooled, study.of_tensors[study.largest])
            for fit in scope.fit.fits
        ],
    )  # fmt: skip


def as_if_table(report: NoiseReport) -> Table:
    """Return the matched-noise figures for differences of several sizes."""
    return Table(
        title="As if",
        note="What independent noise of each tensor's fitted distribution would give: descriptions, never guarantees. "
        "The difference is spread over all coordinates. Mu is that of the Gaussian "
        "mechanism which many small shifts under the distribution come close to, by its Fisher information; a uniform "
        "distribution's is infinite.",
        columns=("release", "difference / norm", "coordinates", "L1", "L2", "as if Laplace: epsilon at delta 0",
                 f"as if normal: epsilon at delta {write_shortest(report.spec.delta)}", "as if uniform: delta at any "
                 "epsilon",
                 "as if normal: mu", "as if generalised normal: mu", "as if student t: mu"),
        rows=[
            (release, write_shortest(share), f"{each.coordinates:,}", significant(each.l1), significant(each.l2),
             *as_if_cells(each),
             *(significant(study.gaussian_limits[share][family]) for family in MU_DISTRIBUTIONS))
            for release, study in report.found.items()
            for share, each in study.as_if.items()
        ],
    )  # fmt: skip


def deciding_table(report: NoiseReport) -> Table:
    """Return whether neighbours decode alike."""
    return Table(
        title="The deciding experiment",
        note=f"Adjacency: {ADJACENCY}. Differing codes are decoded values more than one bound apart. The predictions "
        "are those of independent uniform noise of the same width. Rounding to a tensor's dtype absorbs small "
        "differences: a row says something of the elements that moved.",
        columns=("release", "difference / norm", "elements moved", "pairs", "measured: values that differ",
                 "measured: codes that differ",
                 "predicted: codes that differ", "measured: advantage", "predicted: advantage"),
        rows=[
            (release, write_shortest(share), f"{study.moved[share]:,}", *decision_cells(decision))
            for release, study in report.found.items()
            for share, decision in study.decisions.items()
        ],
    )  # fmt: skip


def summary_rows(report: NoiseReport) -> list[Row]:
    """Return one row for each release and scope, nothing rounded."""
    return [
        {
            **_scoped(release, scope),
            "best": scope.fit.best.family,
            **with_interval("ks_best", scope.fit.best.distances["ks"]),
            **{f"ks_{family}": scope.fit.of(family).ks for family in SHOWN_DISTRIBUTIONS},
            "r_squared": scope.fit.r_squared,
            "share_zero": scope.fit.share_zero,
        }
        for release, study in report.found.items()
        for scope in (*study.pooled, *study.of_tensors.values())
    ]


def fit_rows(report: NoiseReport) -> list[Row]:
    """Return one row for each release, scope and family, nothing rounded."""
    return [
        {**_scoped(release, scope), "r_squared": scope.fit.r_squared, **fit.to_dict()}
        for release, study in report.found.items()
        for scope in (*study.pooled, *study.of_tensors.values())
        for fit in scope.fit.fits
    ]


def _scoped(release: str, scope: Scope) -> Row:
    """Return what a row of numbers says of the errors that it is of."""
    return {
        "release": release,
        "scope": scope.kind,
        "tensor": scope.tensor,
        "unit": scope.unit,
        "elements": scope.fit.elements,
    }


def _scopes(study: CheckpointStudy) -> list[tuple[str, ...]]:
    largest = sorted(study.tensors, key=lambda name: -study.tensors[name].fit.elements)[:MOST_ROWS]
    pooled = [(study.release, *_fit_cells(scope), *("-" for _ in SHOWN_DISTRIBUTIONS)) for scope in study.pooled]
    single = [
        (
            study.release,
            *_fit_cells(study.of_tensors[name]),
            *(f"{study.tensors[name].p_values[distribution]:.3f}" for distribution in SHOWN_DISTRIBUTIONS),
        )
        for name in largest
    ]
    return pooled + single


def _fit_cells(scope: Scope) -> Sequence[str]:
    fit = scope.fit
    return (*scope_cells(scope), fit.dependence.chatterjee_as(".3f"), f"{fit.share_zero:.2%}")


def _family(fit: Fit, least: float) -> Sequence[str]:
    shape = "-" if fit.shape is None else significant(fit.shape)
    return (
        significant(fit.location),
        significant(fit.scale),
        shape,
        significant(fit.zero),
        *(interval(distance) for distance in fit.distances.values()),
        f"{fit.bic - least:.4f}",
        f"{fit.held_out:.4f}",
    )
