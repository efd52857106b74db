"""The tables of a noise study: for people, and as rows for a file."""

from collections.abc import Iterable, Sequence

from analysis.methods.noise.fits import Fit
from analysis.methods.noise.noise_fit import NoiseFit
from analysis.methods.noise.p_values import REPETITIONS, SUBSAMPLE
from analysis.reporting.numbers import interval, significant
from analysis.reporting.table import Row, Table, with_interval
from analysis.studies.noise.cells import SHOWN_DISTRIBUTIONS, as_if_cells, decision_cells, distance_cells
from analysis.studies.noise.checkpoint_study import CheckpointStudy
from analysis.studies.noise.found import NoiseReport
from analysis.studies.noise.tensor_study import ADJACENCY
from fedsz_privacy.defences.grammar import write_shortest

MU_DISTRIBUTIONS = ("normal", "generalised normal", "student t")
RESOLVABLE = "R²(e|x) and xi tell nothing where there are nearly as many codes as elements: not resolvable."
MOST_ROWS = 30
"""Most tensors that the page shows, the largest first; the file of rows holds all."""

ScopedFit = tuple[str, str | None, NoiseFit]
"""A fit, before it of what: pooled errors or a tensor, and the tensor's name, which may be any word."""


def scope_table(report: NoiseReport) -> Table:
    """Return the fits of the pooled errors and of the largest tensors."""
    return Table(
        title="Fits by tensor",
        note="Maximum-likelihood fits on error over bound (pooled raw: over the deviation). The best distribution "
        "has the least BIC. KS is the Kolmogorov-Smirnov distance, W1 Wasserstein-1. The p-values say "
        f"only whether {SUBSAMPLE} of the errors suffice to reject a distribution ({REPETITIONS} Monte Carlo refits). "
        f"{RESOLVABLE} R²(e|all values) is the share of the error that comes back when all is released again.",
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
            (release, scope if tensor is None else tensor, fit.family, *_family(fit, min(f.bic for f in noise.fits)))
            for release, study in report.found.items()
            for scope, tensor, noise in [*_pooled(study), *_alone(study, [study.largest])]
            for fit in noise.fits
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
            "release": release,
            "scope": scope,
            "tensor": tensor,
            "elements": noise.elements,
            "best": noise.best.family,
            **with_interval("ks_best", noise.best.distances["ks"]),
            **{f"ks_{family}": noise.of(family).ks for family in SHOWN_DISTRIBUTIONS},
            "r_squared": noise.r_squared,
            "share_zero": noise.share_zero,
        }
        for release, study in report.found.items()
        for scope, tensor, noise in [*_pooled(study), *_alone(study, study.tensors)]
    ]


def fit_rows(report: NoiseReport) -> list[Row]:
    """Return one row for each release, scope and family, nothing rounded."""
    return [
        {
            "release": release,
            "scope": scope,
            "tensor": tensor,
            "elements": noise.elements,
            "r_squared": noise.r_squared,
            **fit.to_dict(),
        }
        for release, study in report.found.items()
        for scope, tensor, noise in [*_pooled(study), *_alone(study, study.tensors)]
        for fit in noise.fits
    ]


def _scopes(study: CheckpointStudy) -> list[tuple[str, ...]]:
    largest = sorted(study.tensors, key=lambda name: -study.tensors[name].fit.elements)[:MOST_ROWS]
    pooled = [
        (study.release, scope, *_fit_cells(fit, study.decided), *("-" for _ in SHOWN_DISTRIBUTIONS))
        for scope, _, fit in _pooled(study)
    ]
    single = [
        (
            study.release,
            name,
            *_fit_cells(each.fit, each.decided),
            *(f"{each.p_values[distribution]:.3f}" for distribution in SHOWN_DISTRIBUTIONS),
        )
        for name, each in ((name, study.tensors[name]) for name in largest)
    ]
    return pooled + single


def _pooled(study: CheckpointStudy) -> list[ScopedFit]:
    return [("pooled, raw", None, study.raw), ("pooled, over bound", None, study.normalised)]


def _alone(study: CheckpointStudy, names: Iterable[str]) -> list[ScopedFit]:
    return [("tensor", name, study.tensors[name].fit) for name in names]


def _fit_cells(fit: NoiseFit, decided: float) -> Sequence[str]:
    return (
        f"{fit.elements:,}",
        fit.best.family,
        f"{fit.best.ks:.3f}",
        *distance_cells(fit),
        fit.dependence.explained_as(".3f"),
        f"{decided:z.3f}",
        fit.dependence.chatterjee_as(".3f"),
        f"{fit.share_zero:.2%}",
    )


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
