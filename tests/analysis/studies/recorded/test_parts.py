"""Leakage of each client and in each round, by the strongest signal."""

import numpy as np

from analysis.methods.leakage.resampling import resample_weights
from analysis.studies.audit.strongest import Strongest
from analysis.studies.recorded.measure import measure
from analysis.studies.recorded.members import Candidates
from analysis.studies.recorded.observe import Observations
from analysis.studies.recorded.parts import measure_clients, measure_rounds

RNG = np.random.default_rng(0)
CLIENTS = ("one", "two", "three")
MEMBERS = RNG.random((60, 3)) < (0.5, 0.4, 0)
CANDIDATES = Candidates(CLIENTS, np.arange(60), MEMBERS, np.ones_like(MEMBERS), ~MEMBERS)
WEIGHTS = resample_weights(60, 3, RNG)
STRONGEST = Strongest("s", "s")


def test_a_client_is_measured_by_its_own_scores_and_one_without_members_is_not():
    scores = {"none": {"s": RNG.normal(size=MEMBERS.shape) + [3, 0, 0] * MEMBERS}}
    found = measure_clients(scores, STRONGEST, CANDIDATES, WEIGHTS)
    assert list(found) == ["one", "two"]
    alone = measure(scores, CANDIDATES, CANDIDATES.judged & [True, False, False], WEIGHTS)
    assert found["one"]["none"].auc == alone["none"]["s"].auc
    assert found["one"]["none"].auc.value > 0.9 > found["two"]["none"].auc.value


def test_a_round_is_measured_by_its_own_scores_of_who_took_part():
    took_part = np.array([[True, True, True], [True, False, False], [False, False, True]])
    rounds = np.stack([RNG.normal(size=MEMBERS.shape) + leak * MEMBERS for leak in (0, 9, 0)])
    observations = Observations(took_part, {"none": {"s": rounds * took_part[:, None]}}, {}, {}, ())
    found = measure_rounds(observations, (4, 5, 7), STRONGEST, CANDIDATES, WEIGHTS)
    assert list(found) == [4, 5]
    assert found[5]["none"].auc.value > 0.99 > found[4]["none"].auc.value
