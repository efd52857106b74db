"""How close an audit of every step comes to what DP-SGD guarantees: 12,800 coins, canaries without records."""

import sys

import numpy as np

from analysis.methods.lower_bounds import AnyMechanism, NoiseFamily, epsilon_lower_bound
from attacks import Game
from attacks.canaries.gradients import ALONE, add_canaries
from attacks.canaries.play import EVIDENCE, UPDATE, play_gradient_canaries
from fedsz_privacy.core.state import cloned
from fedsz_privacy.core.threads import one_thread
from fedsz_privacy.data.loading import load_data
from fedsz_privacy.defences.mechanisms.none import none
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.dpsgd import dpsgd
from fedsz_privacy.training.modes import detached

DELTA, CANARIES, TRIALS = 1e-5, 100, 128


@one_thread()
def bounds(guaranteed: float, seed: int) -> list[float]:
    """Return the bounds of the family in every step and in the last update, and of any mechanism in every step."""
    data = load_data("digits", 1500, 300, 0, "", "")
    model = build_model("mlp", data.train, 0)
    rule = dpsgd(Training(), 100, guaranteed, DELTA)
    game = Game(model, cloned(detached(model)), data.train.part(0, 2), data.test, rule, seed)
    training = add_canaries(rule, model, game.state, CANARIES, seed, ALONE)
    played = play_gradient_canaries(game, training, ALONE, range(TRIALS), [none()])
    asked = ((EVIDENCE, NoiseFamily(rule.event)), (UPDATE, NoiseFamily(rule.event)), (EVIDENCE, AnyMechanism()))
    return [
        epsilon_lower_bound(played.observed[name][:, 0, 0], played.membership, null).epsilon for name, null in asked
    ]


if __name__ == "__main__":
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(f"medians of {seeds} seeds, {CANARIES * TRIALS:,} coins, as shares of what is guaranteed at delta {DELTA:g}")
    print("| guaranteed | every step, its family | last update, its family | every step, any mechanism | above |")
    print("|---|---|---|---|---|")
    for guaranteed in (1.0, 4.0, 8.0, 16.0):
        found = np.array([bounds(guaranteed, seed) for seed in range(seeds)]) / guaranteed
        shares = " | ".join(f"{share:.2f}" for share in np.median(found, axis=0))
        print(f"| {guaranteed:g} | {shares} | {(found[:, 0] > 1).sum()} of {seeds} |", flush=True)
