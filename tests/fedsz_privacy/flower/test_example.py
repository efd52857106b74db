"""The app in examples/flower, run as its page says: four clients of a BatchNorm model, simulated on Ray."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("flwr", reason="flwr is not installed: make test-flower")

import torch
from processes import left, marked

from fedsz_privacy.core.state import add, average
from fedsz_privacy.federation import open_recording

EXAMPLE = Path(__file__).parents[3] / "examples" / "flower"
TOOLS = Path(sys.executable).parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A copy of the app, whose processes all have its folder for Flower's files in their environment."""
    pytest.importorskip("ray", reason="ray is not installed: make test-flower")
    folder = tmp_path_factory.mktemp("app")
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def log(folder):
    """What Flower logs of a run that is recorded."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "FLWR_HOME": str(folder / "home"),
        "FLWR_TELEMETRY_ENABLED": "0",
        "FLWR_DISABLE_UPDATE_CHECK": "1",
        "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(EXAMPLE.parents[1]),
    }
    (folder / "home").mkdir()
    connection = f'[superlink]\ndefault = "here"\n[superlink.here]\naddress = "127.0.0.1:{port}"\ninsecure = true\n'
    (folder / "home" / "config.toml").write_text(connection)
    words = ["--insecure", "--simulation", "--port", str(port), "--disable-runtime-dependency-installation"]
    link = subprocess.Popen(["flower-superlink", *words], cwd=folder, env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        assert marked("FLWR_HOME", str(folder))
        config = f"rounds=2 epochs=2 record='{folder}/recording'"
        command = ["flwr", "run", ".", "here", "--stream", "--federation-config", "num-supernodes=4", "-c", config]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        ran = subprocess.run(command, check=False, cwd=folder, env=environment, timeout=300, **pipes)
    finally:
        link.terminate()
        link.wait(60)
    assert ran.returncode == 0, ran.stdout
    return ran.stdout


def wait_for(port):
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError("flower-superlink does not answer")


def test_an_app_is_three_files_that_are_read_at_one_sitting():
    files = sorted(EXAMPLE.glob("*.py"))
    assert [file.name for file in files] == ["client_app.py", "server_app.py", "task.py"]
    assert sum(len(file.read_text().splitlines()) for file in files) < 150


@pytest.mark.slow
def test_a_run_compresses_learns_and_leaves_no_process(log, folder):
    ratios = [float(ratio) for ratio in re.findall(r"MetricRecord: .*'fedsz-ratio': ([\d.]+)", log)]
    accuracies = [float(each) for each in re.findall(r"MetricRecord: {'accuracy': ([\d.]+)", log)]
    assert len(ratios) == 2
    assert min(ratios) > 4
    assert accuracies[-1] > 0.8
    assert "left out" not in log
    assert left(marked, "FLWR_HOME", str(folder)) == []


@pytest.mark.slow
@pytest.mark.usefixtures("log")
def test_its_recording_is_audited_in_the_app_s_own_folder(folder):
    options = ["--trust-imports", "--release", "fedsz:rel=1e-1", "--candidates", "100", "--out", "run"]
    command = [str(TOOLS / "fedsz-privacy"), "audit-updates", "recording", *options]
    environment = os.environ | {"PYTHONPATH": str(EXAMPLE.parents[1])}
    said = subprocess.check_output(command, cwd=folder, env=environment, text=True, timeout=300)
    assert "fedsz:rel=1e-1" in said
    assert (folder / "run" / "report.html").is_file()


@pytest.mark.slow
@pytest.mark.usefixtures("log")
def test_its_recording_holds_what_the_server_averaged(folder):
    recording = open_recording(folder / "recording")
    rounds = recording.rounds
    assert [each.number for each in rounds] == [1, 2]
    assert sorted(recording.manifest.members) == sorted(recording.clients) == ["0", "1", "2", "3"]
    first, second = rounds
    updates = [first.update(client) for client in recording.clients]
    expected = add(first.before(), average(updates, [0.25] * 4))
    for name, tensor in second.before().items():
        torch.testing.assert_close(tensor, expected[name], rtol=0, atol=1e-6)
    # Two epochs of ten batches a round: an integer that no codec may touch.
    assert [int(each.before()["1.num_batches_tracked"]) for each in rounds] == [0, 20]
    counted = [int(each.update(client)["1.num_batches_tracked"]) for each in rounds for client in recording.clients]
    assert counted == [20] * 4 + [40] * 4
