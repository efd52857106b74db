"""The configurations that people write: DP-SGD, noise on a sum of clients, and Flower's LocalDpMod."""

from analysis.studies.account.asked import CLAIMED_EPSILON, SENSITIVITY, Asked, Words, figure
from analysis.studies.account.found import Account
from analysis.studies.account.noise import noise_found, rounds_of
from analysis.studies.account.notes import formula_off, noise_needed, on_a_lattice, too_sensitive
from fedsz_privacy.core.numbers import write_shortest
from fedsz_privacy.core.ranges import CLIP_NORM, STEPS, require_in
from fedsz_privacy.training.gaussian_rounds import GaussianRounds, classical_noise

DPSGD = Words(
    title="DP-SGD",
    unit="one record (example)",
    one="step",
    observer="every step, the last model among them",
    contribution="gradient",
)

SUM = Words(
    title="Gaussian noise on the sum of clients' updates",
    unit="one client, with all its records",
    one="round",
    observer="every noisy sum, the last model among them; not the server, which sees the updates",
    contribution="update",
)


def dpsgd(
    noise_multiplier: float | None,
    epsilon: float | None,
    sampling_rate: float,
    steps: int,
    delta: float,
    halt_at: float | None,
) -> Account:
    """Return the guarantee of DP-SGD: each record's gradient clipped, noise on the sum of a sampled batch.

    Without a noise multiplier it is of the least noise that guarantees epsilon.
    """
    require_in(STEPS, steps, "steps")
    asked = Asked(rounds_of(noise_multiplier, epsilon, sampling_rate, steps, delta), delta, halt_at)
    sampling = (
        "each record is in each batch by a coin of its own (Poisson sampling); for batches of a fixed size, or passes "
        "over shuffled data, these epsilons are not proved"
    )
    found = noise_found(DPSGD, epsilon, asked.rounds)
    return Account.of(DPSGD, asked, [*found, *formula_off(DPSGD, asked), *([sampling] if asked.sampled else [])])


def gaussian(
    clip_norm: float,
    noise_multiplier: float | None,
    epsilon: float | None,
    client_sampling: float,
    rounds: int,
    delta: float,
    halt_at: float | None,
) -> Account:
    """Return the guarantee of noise on the sum of clients' clipped updates, clients sampled in every round.

    Without a noise multiplier it is of the least noise that guarantees epsilon.
    """
    require_in(CLIP_NORM, clip_norm, "clip norm")
    asked = Asked(rounds_of(noise_multiplier, epsilon, client_sampling, rounds, delta), delta, halt_at)
    noise = figure(asked.rounds.noise_multiplier * clip_norm)
    weights = (
        f"the noise has a standard deviation of {noise} on the sum, and that over the number of clients on their "
        "average, where all clients weigh the same; weights by their numbers of records, as FedAvg has them, give a "
        "client more than its share, and these epsilons are not proved then"
    )
    sampling = (
        "each client is in each round by a coin of its own (Poisson sampling); for a fixed number of sampled clients, "
        "as Flower draws them, these epsilons are not proved"
    )
    found = noise_found(SUM, epsilon, asked.rounds)
    notes = (
        *found,
        *formula_off(SUM, asked),
        *on_a_lattice(SUM, asked),
        weights,
        *([sampling] if asked.sampled else []),
    )
    return Account.of(SUM, asked, notes)


def local_dp(
    clip_norm: float, sensitivity: float, epsilon: float, rounds: int, delta: float, halt_at: float | None
) -> Account:
    """Return the guarantee of Flower's ``LocalDpMod(clip_norm, sensitivity, epsilon, delta)`` over rounds.

    It clips the L2 norm of a client's whole update, all arrays together, and adds noise of standard deviation
    sensitivity * sqrt(2 ln(1.25 / delta)) / epsilon to every element (flwr 1.42, ``clientapp/mod/localdp_mod.py``).
    """
    require_in(CLIP_NORM, clip_norm, "clip norm")
    require_in(SENSITIVITY, sensitivity, "sensitivity")
    require_in(CLAIMED_EPSILON, epsilon, "epsilon")
    noise = classical_noise(sensitivity, epsilon, delta)
    asked = Asked(GaussianRounds(noise / clip_norm, rounds=rounds), delta, halt_at, promised=epsilon)
    words = Words(
        title=f"LocalDpMod(clipping_norm={write_shortest(clip_norm)}, sensitivity={write_shortest(sensitivity)}, "
        f"epsilon={write_shortest(epsilon)}, delta={write_shortest(delta)})",
        unit="one client's update, and over rounds all updates of one client",
        one="round",
        observer="what the client sends, the server among them; no sampling of clients helps against it",
        contribution="update",
    )
    notes = (
        *too_sensitive(clip_norm, sensitivity),
        *formula_off(words, asked),
        *noise_needed(clip_norm, asked, epsilon),
        "the number of examples and the metrics leave without noise",
    )
    return Account.of(words, asked, notes)
