"""The table of an account: what is promised and what is guaranteed, a row for each adjacency."""

from dataclasses import replace

from analysis.reporting.numbers import count
from analysis.reporting.table import Table
from analysis.studies.account.asked import Asked, Words, figure
from fedsz_privacy.defences.grammar import write_shortest
from fedsz_privacy.training.gaussian_rounds import Adjacency, classical_epsilon, rounds_within


def account_table(words: Words, asked: Asked) -> Table:
    """Return epsilon of one round and of all, beside what the classical formula promises of one."""
    one, rounds = words.one, asked.rounds
    delta = write_shortest(asked.delta)
    everybody = ", all in it" if asked.sampled else ""
    return Table(
        title=words.title,
        note=f"Guaranteed at delta {delta}, for {words.unit}, against whoever sees "
        f"{words.observer}. "
        + (f"Sampling rate {rounds.sampling_rate:g}; by privacy loss distributions." if asked.sampled else "Exact."),
        columns=(
            "adjacency",
            "sensitivity\n/ clip norm",
            "noise\n/ clip norm",
            f"epsilon at delta {delta}\npromised by classical\nformula, one {one}{everybody}",
            f"guaranteed epsilon\nat delta {delta},\none {one}{everybody}",
            *((f"guaranteed epsilon\nat delta {delta},\none {one}",) if asked.sampled else ()),
            f"guaranteed epsilon\nat delta {delta},\n{count(rounds.rounds, one)}",
            *((f"{one}s within\nepsilon {asked.halt_at:g}",) if asked.halt_at else ()),
        ),
        rows=[_row(words, asked, adjacency) for adjacency in Adjacency],
    )


def _row(words: Words, asked: Asked, adjacency: Adjacency) -> tuple[str, ...]:
    rounds, delta = asked.rounds, asked.delta
    sampled_once = (replace(rounds, rounds=1),) if asked.sampled else ()
    return (
        words.of(adjacency),
        f"{adjacency.value}",
        figure(rounds.noise_multiplier),
        figure(asked.promised or classical_epsilon(rounds.noise_multiplier, delta, adjacency)),
        *(figure(each.epsilon(delta, adjacency)) for each in (asked.once, *sampled_once, rounds)),
        *((_halt(asked, asked.halt_at, adjacency),) if asked.halt_at else ()),
    )


def _halt(asked: Asked, budget: float, adjacency: Adjacency) -> str:
    """Return after how many rounds, or steps, a budget is spent."""
    return f"{rounds_within(budget, lambda n: replace(asked.rounds, rounds=n).epsilon(asked.delta, adjacency)):,}"
