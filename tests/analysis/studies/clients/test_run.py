"""An audit of whole clients, small: what it finds, keeps and shows, and what it refuses."""

import json
from dataclasses import replace
from math import isinf

import pytest
from dp_accounting import GaussianDpEvent
from drawing import require_drawn_where_asked
from tidy import require_tidy

from analysis.reporting.workers import Workers
from analysis.studies.clients.canaries import view_of_canaries
from analysis.studies.clients.figure import clients_figure
from analysis.studies.clients.report import make_page, to_results, write_clients
from analysis.studies.clients.run import run_clients
from analysis.studies.clients.spec import ClientsSpec
from analysis.studies.clients.tables import client_canary_table, closing_table, guarantee_table
from attacks.game.adversaries import AGGREGATE
from attacks.game.engine import Player
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import nbytes
from fedsz_privacy.defences.proof import Unit
from fedsz_privacy.defences.release import Release, Released

SPEC = ClientsSpec(
    model="small_models:linear",
    defences=("dpfedavg:noise=0.6", "dpsgd:noise=1"),
    signals=("own-update", "loss"),
    trials=16,
    clients=20,
    client_records=10,
    client_canaries=4,
    earlier_clients=2,
    rounds=1,
    epochs=1,
    seed=1,
)
PRIVATE = "dpfedavg:noise=0.6"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return run_clients(SPEC, tmp_path_factory.mktemp("runs") / "run")


@pytest.mark.slow
def test_every_epsilon_that_was_measured_is_for_one_client(finished):
    report, _ = finished
    assert {bound.unit for bounds in report.canaries.values() for bound in bounds} == {Unit.CLIENT}
    assert [len(bounds) for bounds in report.canaries.values()] == [2, 4, 2]
    guaranteed = report.guarantees[PRIVATE]
    assert guaranteed.unit is Unit.CLIENT
    assert report.canaries[PRIVATE][0].view == pytest.approx(guaranteed.epsilon, abs=0.01)
    assert all(bound.bound.epsilon < guaranteed.epsilon for bound in report.canaries[PRIVATE])
    results = to_results(report)
    assert results["measured_unit"] == "one client"
    assert {each["epsilon_lower_bound"]["unit"] for each in results["defences"]} == {"one client"}


@pytest.mark.slow
def test_guarantees_for_records_and_clients_stand_in_columns_of_their_own(finished):
    report, _ = finished
    for table in (closing_table(report), guarantee_table(report)):
        units = [column.split("\n")[2] for column in table.columns if column.startswith("guaranteed")]
        assert units == ["one client", "one record"]
        by_name = {row[0]: row[1:3] for row in table.rows}
        assert by_name["none"] == ("∞", "∞")
        assert by_name[PRIVATE] == (str(report.guarantees[PRIVATE]), "-")
        assert by_name["dpsgd:noise=1"] == ("-", str(report.guarantees["dpsgd:noise=1"]))
    headings = [column for column in client_canary_table(report).columns if "epsilon" in column]
    assert len(headings) == 4
    assert all("one client" in heading for heading in headings)


@pytest.mark.slow
def test_the_report_is_written_with_table_and_figure(finished):
    report, folder = finished
    page = write_clients(report, folder)
    assert "White-box" not in page.read_text()
    assert (folder.path / "figures" / "clients.png").stat().st_size > 10_000
    assert json.loads((folder.path / "results.json").read_text())["spec"]["command"] == "audit-clients"
    assert [part.title for part in make_page(report).closing] == [
        closing_table(report).title,
        client_canary_table(report).title,
    ]


@pytest.mark.slow
def test_the_figure_is_drawn_in_a_column_of_a_paper(finished):
    require_drawn_where_asked(clients_figure, finished[0], panels=2)


@pytest.mark.slow
def test_the_frame_has_what_the_results_have(finished):
    frame, results = require_tidy(finished[0]), to_results(finished[0])
    signal = results["strongest_signal"]
    for found, (_, row) in zip(results["defences"], frame.iterrows(), strict=True):
        assert row["measured_auc"] == found["leakage"][signal]["auc"]["value"]
        assert row["measured_epsilon_lower_bound"] == found["epsilon_lower_bound"]["epsilon"]
        assert [row["performance_low"], row["performance_high"]] == found["performance_interval"]


@pytest.mark.slow
def test_results_are_the_same_over_workers_and_after_an_interruption(finished, tmp_path, monkeypatch):
    expected = to_results(finished[0])
    assert to_results(run_clients(SPEC, tmp_path / "spread", Workers(2))[0]) == expected

    def stop(items, description, **_):
        for number, item in enumerate(items):
            if description == "client canary trials" and number == 5:
                raise KeyboardInterrupt
            yield item

    with pytest.raises(KeyboardInterrupt):
        run_clients(SPEC, tmp_path / "cut", progress=stop)
    assert len(list((tmp_path / "cut" / "trials").iterdir())) == SPEC.trials
    assert to_results(run_clients(SPEC, tmp_path / "cut")[0]) == expected
    monkeypatch.setattr(Player, "play", lambda *_: pytest.fail("trials were played again"))
    assert to_results(run_clients(SPEC, tmp_path / "cut")[0]) == expected


@pytest.mark.slow
def test_what_the_final_model_shows_of_a_canary_is_less_where_clients_are_sampled():
    spec = replace(SPEC, defences=("dpfedavg:eps=8,rate=0.3",), target_rounds=8)
    every, last = (
        view_of_canaries(each, each.parse_defences()[-1]).epsilon
        for each in (spec, replace(spec, adversary="final-model"))
    )
    assert every == pytest.approx(8, abs=0.01)
    assert 0 < last < every
    assert view_of_canaries(spec, spec.parse_defences()[0]).epsilon is None


def test_of_an_adversary_whose_sums_are_not_known_no_epsilon_is_either(monkeypatch):
    monkeypatch.setattr(ClientsSpec, "get_adversary", lambda _: replace(AGGREGATE, sums=None))
    assert view_of_canaries(SPEC, SPEC.parse_defences()[1]).epsilon is None


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"adversary": "server"}, "adversary server sees single updates, and so for sure who takes part"),
        ({"adversary": "update"}, "adversary update sees single updates"),
        ({"signals": ("fedmia-loss",)}, "signal fedmia-loss reads single updates, which nobody sees here"),
        ({"trials": 8}, "8 trials of 20 clients are 160 scores of 300 needed: choose 15 trials or more"),
        ({"clients": 1}, "clients 1: choose 2 or more"),
        ({"client_canaries": -1}, "client canaries -1: choose 0 or more"),
        ({"defences": ("dpfedavg",)}, "dpfedavg takes eps or noise"),
    ],
)
def test_what_cannot_be_asked_is_one_line(change, line):
    with pytest.raises(InputError) as caught:
        replace(SPEC, **change)
    assert line in str(caught.value)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"client_records": 1000}, "need more than the 1438 training records of digits: choose fewer --client-records"),
        ({"client_canaries": 100_000}, "100000 canaries: choose from 1 to"),
    ],
)
def test_what_does_not_fit_the_data_is_one_line_and_leaves_nothing(tmp_path, change, line):
    with pytest.raises(InputError) as caught:
        run_clients(replace(SPEC, **change), tmp_path / "run")
    assert line in str(caught.value)
    assert not (tmp_path / "run").exists()


def claims_what_it_does_not_do() -> Release:
    """Return a release that claims noise and adds none."""
    return Release("", lambda update, _: Released(update, nbytes(update)), GaussianDpEvent(1.0), "for the test")


@pytest.mark.slow
def test_a_claim_that_does_not_hold_is_refused_and_said(tmp_path):
    name = f"{__name__}:claims_what_it_does_not_do"
    told: list[str] = []
    spec = replace(SPEC, defences=(name,), client_canaries=0)
    report, _ = run_clients(spec, tmp_path / "run", say=told.append)
    refused = f"{name}: its claim is refused: 1.weight leaves without noise"
    assert isinf(report.guarantees[name].epsilon)
    assert refused in told
    assert refused in report.notices
