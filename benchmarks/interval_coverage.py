"""How often 95% intervals of leakage cover the truth, and how wide they are, in simulated games of known truth."""

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from analysis.methods.leakage.detectable import estimates, standard_errors
from analysis.methods.leakage.groups import ChosenGroup, FixedGroup
from analysis.methods.leakage.membership import roc_statistics
from analysis.methods.leakage.resampling import BY_CANDIDATE, BY_TRIAL, resample_weights
from analysis.methods.leakage.vulnerable import vulnerable, vulnerable_resamples
from attacks import LIRA, Scores

GAMES, TRIALS, CANDIDATES = 1000, 30, 40
REACH = norm.ppf(0.975)

Members: TypeAlias = NDArray[np.bool_]


def games(shared: float) -> Iterator[tuple[np.random.Generator, Scores, Members]]:
    """Yield games in which effects of trials and of candidates, of a deviation each, move the scores of members."""
    for seed in range(GAMES):
        rng = np.random.default_rng(seed)
        members = rng.random((TRIALS, CANDIDATES)) < 0.5
        effects = shared * (rng.normal(size=(TRIALS, 1)) + rng.normal(size=(1, CANDIDATES)))
        noise = rng.normal(size=members.shape)
        yield rng, np.where(members, 1 + effects + np.sqrt(1 - 2 * shared**2) * noise, noise), members


def of_everybody(shared: float) -> None:
    """Print how often intervals of the AUC cover, by how much of what scores vary by alone is taken off."""
    truth, found, errors = norm.cdf(np.sqrt(0.5)), [], []
    for rng, scores, members in games(shared):
        weights = resample_weights(TRIALS, CANDIDATES, rng)
        product = weights[BY_TRIAL] * weights[BY_CANDIDATE]
        auc = roc_statistics(scores, members, weights, ())[:, :1]
        both = roc_statistics(scores, members, product, ())[:, 0].std()
        found.append(auc[0, 0])
        errors.append([*(standard_errors(auc, taken_off)[0] for taken_off in (0.0, 0.5, 1.0)), both])
    off = np.abs(np.array(found)[:, None] - truth)
    covered, widths = (off <= REACH * np.array(errors)).mean(axis=0), np.mean(errors, axis=0) / np.std(found)
    ways = ("nothing taken off", "half", "all", "product weights")
    for way, share, width in zip(ways, covered, widths, strict=True):
        print(f"AUC, effects of {shared}, {way}: covers in {share:.1%}, {width:.2f} times as wide as need be")


def of_the_most_vulnerable() -> None:
    """Print how often intervals of the AUC of the most vulnerable cover, by when they are chosen."""
    truth = np.mean([auc_of(*uneven(10_000 + seed)[1:]) for seed in range(GAMES)])
    covered = np.zeros(2)
    for seed in range(GAMES // 2):
        rng, scores, members = uneven(seed)
        weights, mask = resample_weights(64, 100, rng), vulnerable(scores, members)
        anew = ChosenGroup(slice(members.shape[1]), members, vulnerable_resamples(scores, members, weights))
        fixed = FixedGroup(mask, members[mask], weights[:, mask])
        intervals = [estimates(group.replicates(scores, ()))[0] for group in (anew, fixed)]
        covered += [each.low <= truth <= each.high for each in intervals]
    anew_share, fixed_share = covered / (GAMES // 2)
    print(f"the most vulnerable: chosen anew in each resample, covers in {anew_share:.1%}; once, in {fixed_share:.1%}")


def uneven(seed: int) -> tuple[np.random.Generator, Scores, Members]:
    """Return a game of 64 trials and 100 candidates, of which a few leak far more than the others."""
    rng = np.random.default_rng(seed)
    members = rng.random((64, 100)) < 0.5
    gap = rng.lognormal(-1.5, 1.2, 100) + 0.4 * rng.normal(size=(64, 1))
    return rng, members * gap + rng.normal(size=members.shape), members


def auc_of(scores: Scores, members: Members) -> float:
    """Return the AUC of the most vulnerable records."""
    group = vulnerable(scores, members)
    return auc(scores[group], members[group])


def auc(scores: Scores, members: Members) -> float:
    """Return the AUC of scores."""
    weights = np.ones((1, *scores.shape), np.uint16)
    return float(roc_statistics(scores, members, weights, ())[0, 0])


def chosen_by_ratios(trials: int) -> None:
    """Print what a group seems to leak above all records where nothing leaks, by the scores that chose it."""
    above = []
    for seed in range(GAMES):
        rng = np.random.default_rng(seed)
        margins = rng.normal(size=CANDIDATES) + rng.normal(size=(trials, CANDIDATES))
        members = rng.random(margins.shape) < 0.5
        ratios = LIRA.calibrate(margins, members)
        groups = [vulnerable(each, members) for each in (ratios, margins)]
        above.append([auc(ratios[group], members[group]) - auc(ratios, members) for group in groups])
    error = np.std(above, axis=0) / np.sqrt(GAMES)
    for chooser, mean, spread in zip(("lira itself", "the loss"), np.mean(above, axis=0), error, strict=True):
        print(f"{trials} trials, nothing leaks, group chosen by {chooser}: AUC of lira {mean:+.3f} (se {spread:.3f})")


if __name__ == "__main__":
    of_everybody(0.0)
    of_everybody(0.5)
    of_the_most_vulnerable()
    chosen_by_ratios(32)
    chosen_by_ratios(128)
