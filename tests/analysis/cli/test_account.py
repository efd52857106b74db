import json
import math
import re
import warnings

import dp_accounting
import pytest
from dp_accounting import get_sigma_gaussian
from opacus.accountants.utils import get_noise_multiplier
from scipy.stats import norm
from typer.testing import CliRunner

from analysis.cli import app

LOCAL = ["local-dp", "--clip-norm", "1", "--epsilon", "10"]


def account(*arguments):
    result = CliRunner().invoke(app, ["account", *arguments], env={"COLUMNS": "300"})
    assert result.exit_code == 0, result.output
    return result.stdout


def row(shown, start):
    (line,) = (line for line in shown.splitlines() if line.strip().startswith(start))
    return re.split(r"\s{2,}", line.strip())


def test_flowers_mod_at_epsilon_10_gives_more_and_halts_after_two_rounds():
    shown = account(*LOCAL, "--sensitivity", "1", "--rounds", "10", "--halt-at", "20")
    assert row(shown, "zero-out")[2:] == ["0.4845", "10", "10.4", "48.38", "2"]
    assert row(shown, "replace")[1:] == ["2", "0.4845", "10", "25.45", "140.1", "0"]
    assert "10 where it is 10.4 (zero-out)" in shown
    assert "sensitivity 1 is one of zero-out" in shown
    assert "one client's update" in shown


def test_a_sensitivity_below_the_clip_norm_is_said():
    shown = account(*LOCAL, "--sensitivity", "1e-4")
    assert "sensitivity 1e-4 is smaller than clip norm 1" in shown
    assert "2.132e8" in row(shown, "zero-out")


def test_a_sensitivity_of_twice_the_clip_norm_is_that_of_replacing():
    shown = account(*LOCAL, "--sensitivity", "2")
    assert "sensitivity 2" not in shown.split("To know")[1]
    assert row(shown, "replace")[3:5] == ["10", "10.4"]


def test_no_sensitivity_is_no_noise():
    shown = account(*LOCAL, "--sensitivity", "0", "--halt-at", "5")
    assert "sensitivity 0 adds no noise: nothing is guaranteed" in shown
    assert row(shown, "zero-out")[4:] == ["∞", "∞", "0"]


def test_what_a_formula_says_rightly_is_not_spoken_of():
    shown = account("local-dp", "--clip-norm", "1", "--epsilon", "8.35", "--sensitivity", "1")
    (line,) = (line for line in shown.splitlines() if "the configuration, by the classical formula" in line)
    assert "(replace)" in line
    assert "(zero-out)" not in line


def test_dpsgd_names_one_record_and_its_sampling():
    shown = account("dpsgd", "--sampling-rate", "0.01", "--noise-multiplier", "1.1", "--steps", "1000")
    assert "one record" in shown
    assert row(shown, "zero-out")[3:] == ["4.404", "3.922", "0.1423", "1.516"]
    assert "Poisson sampling" in shown


def test_a_noisy_sum_names_one_client_and_who_must_not_look():
    shown = account("gaussian", "--noise-multiplier", "2", "--rounds", "10", "--client-sampling", "0.1")
    assert "one client, with all its records" in shown
    assert "not the server" in shown
    assert row(shown, "zero-out")[-1] == "0.7985"


def test_a_noisy_sum_says_what_discrete_noise_guarantees():
    """Against dp-accounting's own accountant of Renyi divergences, at the same orders or at integer ones."""
    for sampling, orders in ((1.0, None), (0.1, [*range(2, 64), 128, 256, 512, 1024])):
        step = dp_accounting.PoissonSampledDpEvent(sampling, dp_accounting.GaussianDpEvent(2.0))
        exact = dp_accounting.rdp.RdpAccountant(orders).compose(step, 10).get_epsilon(1e-5)
        shown = account("gaussian", "--noise-multiplier", "2", "--rounds", "10", "--client-sampling", str(sampling))
        found = re.search(r"has an epsilon of ([\d.]+) over all rounds \(zero-out\)", shown)
        assert found
        assert 0 <= float(found[1]) - exact < 0.001


@pytest.mark.slow
def test_json_has_the_numbers_themselves_under_the_same_keys_for_every_configuration():
    steps = ["dpsgd", "--sampling-rate", "0.1", "--noise-multiplier", "1.1", "--steps", "50"]
    rounds = ["local-dp", "--clip-norm", "1", "--sensitivity", "0", "--epsilon", "1", "--halt-at", "2"]
    found, noiseless = (json.loads(account(*each, "--json")) for each in (steps, rounds))
    step = dp_accounting.PoissonSampledDpEvent(0.1, dp_accounting.GaussianDpEvent(1.1))
    exact = dp_accounting.pld.PLDAccountant().compose(step, 50).get_epsilon(1e-5)
    zero_out, replace = found["adjacencies"]
    assert zero_out["epsilon"] == pytest.approx(exact, rel=1e-3)
    assert (found["one"], found["compositions"], found["halt_at"]) == ("step", 50, None)
    assert (zero_out["sensitivity_over_clip_norm"], replace["sensitivity_over_clip_norm"]) == (1, 2)
    assert any("Poisson sampling" in note for note in found["notes"])
    assert (noiseless.keys(), noiseless["adjacencies"][0].keys()) == (found.keys(), zero_out.keys())
    assert [(each["epsilon"], each["compositions_within_halt_at"]) for each in noiseless["adjacencies"]] == [
        ("inf", 0)
    ] * 2


def test_a_budget_that_is_not_spent_where_the_search_ends_is_said_to_hold_so_many_or_more():
    loud = ["gaussian", "--rounds", "10", "--clip-norm", "1", "--noise-multiplier", "1e5", "--halt-at", "1"]
    found = account(*loud)
    assert "1,000,000" in found
    assert "or more" in found


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["dpsgd", "--sampling-rate", "2", "--noise-multiplier", "1", "--steps", "3"], "sampling rate 2.0: choose"),
        (["dpsgd", "--sampling-rate", ".1", "--noise-multiplier", "1", "--steps", "0"], "steps 0: choose 1 or more"),
        (["dpsgd", "--steps", "3"], "Missing option '--sampling-rate'; see fedsz-privacy account dpsgd --help"),
        ([*LOCAL, "--sensitivity", "1", "--delta", "1e-16"], "delta 1e-16: choose a number between 0 and 1, of 1e-10"),
        ([*LOCAL, "--sensitivity", "-1"], "sensitivity -1.0: choose 0 or more"),
        ([*LOCAL, "--sensitivity", "1", "--epsilon", "2"], "--epsilon is given 2 times"),
        ([*LOCAL, "--sensitivity", "1", "--halt-at", "0"], "halt at 0.0: choose a positive number"),
        (["laplace"], "No such command 'laplace'"),
    ],
)
def test_bad_numbers_are_one_line(arguments, message):
    result = CliRunner().invoke(app, ["account", *arguments], prog_name="fedsz-privacy")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert message in result.stderr


@pytest.mark.parametrize(("rate", "steps", "epsilon"), [(0.01, 1000, 2.0), (0.2, 30, 8.0)])
def test_noise_that_is_found_keeps_to_its_epsilon_and_is_near_what_opacus_finds(rate, steps, epsilon):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = get_noise_multiplier(
            target_epsilon=epsilon, target_delta=1e-5, sample_rate=rate, steps=steps, accountant="prv"
        )
    shown = account("dpsgd", "--sampling-rate", f"{rate}", "--steps", f"{steps}", "--epsilon", f"{epsilon}", "--json")
    found = json.loads(shown)
    assert found["noise_multiplier"] == pytest.approx(expected, rel=0.01)
    assert 0.98 * epsilon <= found["adjacencies"][0]["epsilon"] <= epsilon


@pytest.mark.parametrize("epsilon", [0.01, 8.0, 300.0])
def test_noise_that_is_found_without_sampling_is_that_of_the_closed_form(epsilon):
    found = json.loads(account("gaussian", "--rounds", "10", "--epsilon", f"{epsilon}", "--json"))
    mu = math.sqrt(10) / found["noise_multiplier"]
    delta = norm.cdf(mu / 2 - epsilon / mu) - math.exp(epsilon) * norm.cdf(-mu / 2 - epsilon / mu)
    assert delta <= 1e-5 * (1 + 1e-6)
    assert found["noise_multiplier"] == pytest.approx(math.sqrt(10) * get_sigma_gaussian(epsilon, 1e-5), rel=1e-3)


def test_noise_that_is_found_stands_with_all_its_digits_and_gives_its_epsilon_again():
    asked = ["--sampling-rate", "0.01", "--steps", "1000"]
    shown = account("dpsgd", *asked, "--epsilon", "2")
    (noise,) = re.findall(r"noise multiplier (\S+) was found for an epsilon of 2 at most over all steps", shown)
    again = account("dpsgd", *asked, "--noise-multiplier", noise)
    assert row(again, "zero-out") == row(shown, "zero-out")
    assert float(row(again, "zero-out")[-1]) <= 2


@pytest.mark.parametrize("noise", [[], ["--noise-multiplier", "1", "--epsilon", "2"]])
@pytest.mark.parametrize(
    "kind", [["dpsgd", "--sampling-rate", "0.01", "--steps", "10"], ["gaussian", "--rounds", "10"]]
)
def test_noise_is_asked_for_in_one_of_two_ways(kind, noise):
    result = CliRunner().invoke(app, ["account", *kind, *noise])
    assert result.exit_code == 2
    assert result.stderr == "fedsz-privacy: give --noise-multiplier or --epsilon, one of them\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("dpsgd --sampling-rate 2 --steps 10", "sampling rate 2.0: "),
        ("dpsgd --sampling-rate nan --steps 10", "sampling rate nan: "),
        ("dpsgd --sampling-rate 0 --steps 10", "sampling rate 0.0: "),
        ("dpsgd --sampling-rate 0.1 --steps 0", "steps 0: "),
        ("gaussian --client-sampling 2 --rounds 10", "sampling rate 2.0: "),
        ("gaussian --client-sampling 0.1 --rounds 0", "rounds 0: "),
        ("gaussian --client-sampling 0.1 --rounds 10 --delta 2", "delta 2.0: "),
    ],
)
def test_bad_numbers_beside_an_epsilon_are_one_line_before_the_search(arguments, message):
    result = CliRunner().invoke(app, ["account", *arguments.split(), "--epsilon", "1"])
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert result.stderr.startswith(f"fedsz-privacy: {message}")
