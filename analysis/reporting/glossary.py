"""The terms of a report, explained where they stand and at its end; docs/glossary.md has more of them."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from markupsafe import Markup, escape

TERMS: Mapping[str, str] = MappingProxyType(
    {
        "AUC": "Area under the ROC curve: the chance that an attack scores a member higher than a non-member. "
        "Guessing gives 0.5, naming all of them gives 1.",
        "ROC": "The curve of true positive rates against false positive rates, over all thresholds of an attack.",
        "TPR at FPR": "Share of the members that an attack names while it wrongly names the given share of the "
        "non-members.",
        "advantage": "Largest difference of true and false positive rate over all thresholds.",
        "LiRA": "Likelihood ratio attack: compares a model's confidence in a record with that of shadow models that "
        "had the record, and of others that had not.",
        "shadow models": "Models that the adversary trains itself, so that it knows their members.",
        "epsilon": "How much one record, or one client, can change the odds of any outcome, as a logarithm. Smaller is "
        "more private; 0 is perfect, and infinity is no protection.",
        "delta": "By how much the probability of any outcome may exceed what epsilon allows. Smaller is more private.",
        "adjacency": "What two neighbouring inputs differ in, such as one record added or removed.",
        "release": "What an update passes through on its way out, such as FedSZ or added noise.",
        "defence": "A way of training and a release. none is no defence: plain training, sent as it is.",
        "guaranteed": "By a theorem, against every adversary of the kind that it names.",
        "as if": "What would hold if the error were independent noise of a fitted distribution. It protects nobody.",
        "measured": "What an attack achieved: others may achieve more.",
        "epsilon lower bound": "No claim of a smaller epsilon could be true, at 95% confidence: attacks did better "
        "than it allows.",
        "minimum detectable difference": "The true difference that a run of this size finds with probability 0.8.",
        "REL": "An error bound as a fraction of the range, greatest minus least, of a tensor.",
        "most vulnerable records": "The twentieth of the records, five at least, that an attack names best, chosen on "
        "other trials than they are measured on.",
        "canaries": "Records or updates made to be found, to audit what is guaranteed.",
        "ratio": "Original over compressed bytes.",
        "R²": "Share of the error's variance that follows from what stands in its brackets; 0 for noise.",
        "W1": "Wasserstein distance: how far probability has to be moved to make one distribution of another.",
        "KS": "Kolmogorov-Smirnov distance: the largest gap between two cumulative distributions, from 0 to 1.",
        "mu": "The parameter of Gaussian differential privacy: the distance of two normal curves of deviation 1 that "
        "are as hard to tell apart.",
    }
)
"""Explanations by term, as it is written on a page."""

_WRITTEN = {form: term for term in TERMS for form in (term, term[0].upper() + term[1:])} | {"lira": "LiRA"}
"""Terms by the forms that they have on a page: at the start of a sentence too, and as the name of an attack."""

_LONGEST_FIRST = sorted(_WRITTEN, key=len, reverse=True)
_ANY = re.compile(rf"(?<!--)\b({'|'.join(map(re.escape, _LONGEST_FIRST))})\b")


def explain(text: str) -> Markup:
    """Return text as HTML in which each term is explained on hovering, where it stands first."""
    seen: set[str] = set()

    def mark(found: re.Match[str]) -> str:
        term = _WRITTEN[found[1]]
        if term in seen:
            return found[1]
        seen.add(term)
        return Markup('<abbr title="{}">{}</abbr>').format(TERMS[term], found[1])

    return Markup(_ANY.sub(mark, str(escape(text))))


def terms_in(text: str) -> dict[str, str]:
    """Return the terms that stand in a text, with their explanations, in the order of `TERMS`."""
    found = {_WRITTEN[form] for form in _ANY.findall(text)}
    return {term: meaning for term, meaning in TERMS.items() if term in found}
