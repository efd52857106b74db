"""Several audits of whole clients, by the same code as those of records."""

import json
from pathlib import Path

import numpy as np
import pytest
from drawing import require_drawn_where_asked
from scipy.stats import ttest_1samp
from tidy import require_tidy
from typer.testing import CliRunner

from analysis.cli import app
from analysis.studies.clients.spec import ClientsSpec
from analysis.studies.seeds.figure import seeds_figure
from analysis.studies.seeds.of_clients import read_clients
from analysis.studies.seeds.report import make_page
from analysis.studies.seeds.run import run_seeds
from analysis.studies.seeds.spec import ClientsSeedsSpec, settle
from fedsz_privacy.core.errors import InputError

pytestmark = pytest.mark.usefixtures("undrawn")

QUICK = {
    "model": "small_models:linear",
    "release": "dpfedavg:noise=0.6",
    "trials": 16,
    "clients": 20,
    "client-records": 10,
    "client-canaries": 4,
    "earlier-clients": 2,
    "rounds": 1,
    "epochs": 1,
}
OPTIONS = [word for name, value in QUICK.items() for word in (f"--{name}", str(value))]
SIGNALS = ["--signal", "own-update", "--signal", "loss"]
SEEDS = ("3", "5")
SPEC = ClientsSeedsSpec(
    model="small_models:linear",
    defences=("dpfedavg:noise=0.6",),
    signals=("own-update", "loss"),
    trials=16,
    clients=20,
    client_records=10,
    client_canaries=4,
    earlier_clients=2,
    rounds=1,
    epochs=1,
    seeds=(3, 5),
)


def run(*arguments: object):
    return CliRunner().invoke(app, ["audit-clients", *OPTIONS, *SIGNALS, *map(str, arguments)])


@pytest.fixture(scope="module")
def several(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "several"
    result = run("--seeds", ",".join(SEEDS), "--out", folder)
    assert result.exit_code == 0, result.output
    return folder


def results(folder: Path) -> dict:
    return json.loads((folder / "results.json").read_text())


@pytest.mark.slow
def test_each_seed_is_the_audit_of_clients_that_it_is_alone(several, tmp_path):
    assert run("--seed", SEEDS[1], "--out", tmp_path / "alone").exit_code == 0
    own = several / f"seed-{SEEDS[1]}" / "results.json"
    assert own.read_bytes() == (tmp_path / "alone" / "results.json").read_bytes()


@pytest.mark.slow
def test_means_and_intervals_are_those_of_scipy(several):
    each = [results(several / f"seed-{seed}") for seed in SEEDS]
    for row, defence in enumerate(results(several)["defences"]):
        accuracies = [found["defences"][row]["performance"] for found in each]
        expected = ttest_1samp(accuracies, 0).confidence_interval(0.95)
        ends = [defence["performance"][end] for end in ("low", "high")]
        assert ends == pytest.approx(np.clip([*expected], 0, 1)), "an accuracy is a share"
        aucs = [found["defences"][row]["leakage"][found["strongest_signal"]]["auc"]["value"] for found in each]
        assert defence["strongest"]["clients"]["auc"]["mean"]["values"] == aucs
        assert defence["epsilon_lower_bounds"] == [
            found["defences"][row]["epsilon_lower_bound"]["epsilon"] for found in each
        ]


@pytest.mark.slow
def test_the_page_speaks_of_clients_and_of_nothing_that_was_not_measured(several):
    report, _ = run_seeds(SPEC, several)
    page = make_page(report)
    said = str(page)
    assert "vulnerable" not in said
    assert "as-if" not in said
    closing, canaries, leakage, difference, _ = page.body
    assert "one client" in " ".join(closing.columns)
    assert "one record" not in " ".join(closing.columns)
    assert canaries.title == "Client canaries, for one client"
    assert leakage.title == "Measured leakage of the average client"
    assert all(len(table.columns) == len(row) for table in (closing, leakage, difference) for row in table.rows)
    assert page.setting["Command"].startswith("fedsz-privacy audit-clients ")
    assert page.setting["Command"].endswith("--seeds 3,5")
    require_tidy(report)
    require_drawn_where_asked(seeds_figure, report, panels=2)


@pytest.mark.slow
def test_the_finished_run_is_shown_again(several):
    again = run("--seeds", "5,3", "--out", several)
    assert again.exit_code == 0
    assert "nothing is computed again" in again.stderr
    assert "over 2 seeds" in again.stdout


@pytest.mark.slow
def test_results_of_another_form_are_one_line(several, tmp_path):
    found = results(several / f"seed-{SEEDS[0]}")
    del found["defences"][0]["leakage"]
    (tmp_path / "results.json").write_text(json.dumps(found))
    with pytest.raises(InputError, match="holds no results of an audit"):
        read_clients(tmp_path)


def test_one_seed_asks_one_audit_and_several_ask_each():
    asked = {"trials": 16, "seed": 0}
    assert settle(asked, "5", ClientsSpec, ClientsSeedsSpec) == ClientsSpec(trials=16, seed=5)
    several = settle(asked, "6,5", ClientsSpec, ClientsSeedsSpec)
    assert several == ClientsSeedsSpec(trials=16, seeds=(5, 6))
    assert several.at(6) == ClientsSpec(trials=16, seed=6)


def test_a_seed_beside_seeds_is_one_line():
    result = run("--seeds", "0-1", "--seed", "3")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "--seeds 0-1 names every seed: leave out --seed" in result.stderr
