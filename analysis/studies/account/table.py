"""The table of an account: what is promised and what is guaranteed, a row for each adjacency."""

from analysis.reporting.numbers import count
from analysis.reporting.table import Table
from analysis.studies.account.asked import figure, guaranteed_figure
from analysis.studies.account.found import Account, Epsilons
from fedsz_privacy.core.numbers import write_rounded, write_shortest
from fedsz_privacy.core.ranges import STEPS


def account_table(account: Account) -> Table:
    """Return epsilon of one round and of all, beside what the classical formula promises of one."""
    words, asked = account.words, account.asked
    one, rounds = words.one, asked.rounds
    delta = write_shortest(asked.delta)
    everybody = ", all in it" if asked.sampled else ""
    return Table(
        title=words.title,
        note=f"Guaranteed at delta {delta}, for {words.unit}, against whoever sees "
        f"{words.observer}. " + (_sampled_words(rounds.sampling_rate, one) if asked.sampled else "Exact."),
        columns=(
            "adjacency",
            "sensitivity\n/ clip norm",
            "noise\n/ clip norm",
            f"epsilon at delta {delta}\npromised by\n{asked.promiser}, one {one}{everybody}",
            f"guaranteed epsilon\nat delta {delta},\none {one}{everybody}",
            *((f"guaranteed epsilon\nat delta {delta},\none {one}",) if asked.sampled else ()),
            f"guaranteed epsilon\nat delta {delta},\n{count(rounds.rounds, one)}",
            *((f"{one}s within\nepsilon {write_rounded(asked.halt_at)}",) if asked.halt_at else ()),
        ),
        rows=[_row(account, each) for each in account.epsilons],
    )


def _sampled_words(rate: float, one: str) -> str:
    return (
        f"Sampling rate {write_rounded(rate)}; by privacy loss distributions, and of so many {one}s that floats lose "
        "them by Renyi divergences, or as without sampling."
    )


def _row(account: Account, found: Epsilons) -> tuple[str, ...]:
    sampled_once = (found.sampled_once,) if account.asked.sampled else ()
    return (
        account.words.of(found.adjacency),
        f"{found.adjacency.value}",
        *map(figure, (account.asked.rounds.noise_multiplier, found.promised)),
        *map(guaranteed_figure, (found.once, *sampled_once, found.all_rounds)),
        *(() if found.within is None else (_within(found.within),)),
    )


def _within(number: int) -> str:
    """Return how many rounds a budget holds; nobody looked for more than can be asked for."""
    return f"{number:,}{' or more' if number >= STEPS.most else ''}"
