"""Intervals of scores by records and clients under a null, and what coins prove."""

import numpy as np
import pytest

from analysis.methods.leakage.resampling import resample_weights
from analysis.methods.lower_bounds import Guesses, one_run_bound
from analysis.studies.recorded.measure import bound_by_coins, can_be_measured, choose_strongest, measure
from analysis.studies.recorded.members import Candidates, choose_candidates
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.federation.manifest import Manifest

GAMES = 40


def candidates(membership: np.ndarray) -> Candidates:
    records, clients = membership.shape
    every = np.ones_like(membership)
    names = tuple(f"client-{place}" for place in range(clients))
    return Candidates(names, np.arange(records), membership, every, ~membership)


def game(rng: np.random.Generator, clients: int, records: int = 240) -> tuple[dict, Candidates]:
    """Return scores that know nothing of who holds what, but share what a record and a client have of their own."""
    owner = rng.integers(clients + 1, size=records)
    scores = rng.normal(size=(records, 1)) + rng.normal(size=(1, clients)) + rng.normal(size=(records, clients))
    other = scores + 0.1 * rng.normal(size=scores.shape)
    return {"none": {"s": scores}, "other": {"s": other}}, candidates(owner[:, None] == np.arange(clients))


@pytest.mark.slow
@pytest.mark.parametrize("clients", [1, 4])
def test_an_interval_holds_a_half_where_members_are_drawn_at_random(clients):
    """Of 40 intervals at 95% fewer than 35 hold the truth with probability 0.014, if each does so in 95%."""
    held, paired = 0, 0
    for seed in range(GAMES):
        rng = np.random.default_rng([seed, clients])
        scores, found = game(rng, clients)
        weights = resample_weights(len(found.records), clients, rng)
        measured = measure(scores, found, found.judged, weights)
        auc, difference = measured["none"]["s"].auc, measured["other"]["s"].auc_difference
        held += auc.low <= 0.5 <= auc.high
        paired += difference.low <= 0 <= difference.high
    assert held >= 35
    assert paired >= 35


def test_the_strongest_signal_is_chosen_on_records_that_it_does_not_measure():
    rng = np.random.default_rng(0)
    members = rng.random((200, 2)) < 0.5
    strong, even = members + 0.1 * rng.normal(size=members.shape), rng.normal(size=members.shape)
    even[::2] += 9 * members[::2]
    odd = rng.normal(size=members.shape)
    odd[1::2] += 9 * members[1::2]
    found = candidates(members)
    assert choose_strongest({"strong": strong, "noise": rng.normal(size=members.shape)}, found).name == "strong"
    lucky = choose_strongest({"even": even, "odd": odd}, found)
    assert (lucky.even, lucky.odd) == ("odd", "even")
    assert choose_strongest({"first": odd, "other": odd}, candidates(np.zeros((4, 2), bool))).name == "first"


def test_a_client_of_one_member_is_not_measured_by_itself():
    membership = np.zeros((10, 2), bool)
    membership[0, 0] = membership[:3, 1] = True
    found = candidates(membership)
    assert [can_be_measured(found, found.judged & (np.arange(2) == place)) for place in (0, 1)] == [False, True]


def tossed(leak: float, coins: int = 1000) -> dict:
    rng = np.random.default_rng(5)
    members = rng.random((coins, 1)) < 0.5
    scores = {"none": {"s": rng.normal(size=members.shape) + leak * members}}
    return bound_by_coins(scores, "s", candidates(members), {"client-0": ()}, 1e-5, seed=0)


def test_coins_that_nothing_tells_prove_next_to_nothing():
    assert tossed(leak=0)["client-0"]["none"].bound.epsilon < 0.3


def test_coins_that_everything_tells_prove_what_so_many_guesses_can():
    found = tossed(leak=20)["client-0"]["none"]
    assert found.guesses == Guesses(200, 200, 1000)
    assert found.bound == one_run_bound([Guesses(200, 200, 1000)], 1e-5, 0.95)
    assert found.bound.epsilon > 3


def test_a_single_coin_is_guessed_once_and_proves_nothing():
    found = tossed(leak=20, coins=1)["client-0"]["none"]
    assert (found.guesses.guesses, found.guesses.candidates, found.bound.epsilon) == (1, 1, 0)


def test_coins_of_randomised_response_prove_no_more_than_its_epsilon():
    """A bound at 95% is above the truth in more than 6 of 40 runs with probability 0.0034 at most."""
    above = 0
    for seed in range(GAMES):
        rng = np.random.default_rng([seed, 7])
        members = rng.random((1000, 1)) < 0.5
        told = np.where(rng.random(members.shape) < np.e / (1 + np.e), members, ~members)
        found = bound_by_coins({"none": {"s": told * 1.0}}, "s", candidates(members), {"client-0": ()}, 1e-5, seed)
        above += found["client-0"]["none"].bound.epsilon > 1
    assert above <= 6


def test_no_bound_is_stated_of_a_client_without_coins():
    scores, found = game(np.random.default_rng(0), 2)
    assert set(bound_by_coins(scores, "s", found, {"client-1": ()}, 1e-5, 0)) == {"client-1"}


def manifest(**fields) -> Manifest:
    return Manifest(model="mlp", data="digits", **fields)


def test_half_of_many_records_are_members_and_all_of_few_are_judged():
    said = manifest(members={"a": tuple(range(100)), "b": tuple(range(100, 400))})
    rng = np.random.default_rng(0)
    few = choose_candidates(said, ["a"], 1000, 200, rng)
    assert (len(few.records), few.membership.sum()) == (200, 100)
    both = choose_candidates(said, ["a", "b"], 450, 200, rng)
    assert (len(both.records), both.membership.sum(axis=1).sum()) == (200, 150)
    whole = choose_candidates(said, ["a"], 1000, 2000, rng)
    assert sorted(whole.records) == list(range(1000))
    assert whole.held_elsewhere.sum() == 300
    assert not (whole.held_elsewhere & whole.membership).any()


def test_coins_that_did_not_fall_fairly_are_refused():
    said = manifest(members={"a": tuple(range(20))}, coins={"a": tuple(range(200))})
    with pytest.raises(InputError, match="client a holds 20 of the 200 records that fair coins are said to have decid"):
        choose_candidates(said, ["a"], 1000, 200, np.random.default_rng(0))


def test_coins_decide_which_records_are_judged_without_a_look_at_who_holds_them():
    members = tuple(range(0, 1000, 2))
    said = manifest(members={"a": (*members, 1500)}, coins={"a": tuple(range(1000))})
    shares = []
    for seed in range(20):
        found = choose_candidates(said, ["a"], 2000, 400, np.random.default_rng(seed))
        assert found.judged.all()
        assert found.records.max() < 1000
        shares.append(found.membership.mean())
    # Half of each kind would have no spread; a draw from all has a deviation of 0.02.
    assert 0.01 < np.std(shares) < 0.04


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"members": {"a": (5000,)}}, "members of a name record 5000, and the data has 1000 training records"),
        ({"members": {"a": (1,)}, "coins": {"a": (1000,)}}, "coins of a name record 1000"),
        ({"members": {"a": tuple(range(9))}}, "there are 9 scores of members and 991 of non-members"),
        ({"members": {"a": tuple(range(950))}}, "there are 950 scores of members and 50 of non-members"),
        (
            {"members": {"a": tuple(range(40))}, "coins": {"a": tuple(range(80))}},
            "40 of non-members: toss a coin for more records of client a .250 give enough of either kind",
        ),
    ],
)
def test_records_that_are_not_there_or_too_few_are_one_line(fields, message):
    with pytest.raises(InputError, match=message):
        choose_candidates(manifest(**fields), ["a"], 1000, 2000, np.random.default_rng(0))


def test_where_there_are_fewer_records_than_coins_to_toss_other_data_are_asked_for():
    everything = tuple(range(80))
    with pytest.raises(InputError, match="40 of non-members: give data of which clients hold"):
        choose_candidates(
            manifest(members={"a": everything[:40]}, coins={"a": everything}), ["a"], 80, 2000, np.random.default_rng(0)
        )


def test_too_few_records_that_are_judged_of_many_are_no_fault_of_the_data():
    message = "there are 50 scores of members and 50 of non-members: choose more --candidates, of 1000 that there are"
    with pytest.raises(InputError, match=message):
        choose_candidates(manifest(members={"a": tuple(range(150))}), ["a"], 1000, 100, np.random.default_rng(0))
