"""A folder holds one run, which one process writes to, however many open it at once and whatever ended them."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.reporting.folder import RunFolder, open_run
from fedsz_privacy import InputError

ASKED = {"command": "audit", "seed": 1}
OPENER = """
import sys, time
from pathlib import Path
from analysis.reporting.folder import open_run

folder = open_run(Path(sys.argv[1]), {"command": "audit", "seed": int(sys.argv[2])})
print("open", flush=True)
time.sleep(100)
"""
CROWD = """
import os, sys
from pathlib import Path
from analysis.reporting import folder
from fedsz_privacy import InputError

versions = folder.versions()
folder.versions = lambda: versions


def crowd(path, seeds):
    start, go = os.pipe()
    told, tell = os.pipe()
    wait, end = os.pipe()
    for seed in seeds:
        if os.fork() == 0:
            os.close(go), os.close(end)
            os.read(start, 1)
            try:
                held = folder.open_run(path, {"command": "audit", "seed": seed})
                word = f"open {seed}"
            except InputError as error:
                word = str(error).replace(str(path), "PATH")
            except BaseException as error:
                word = f"failed {error!r}"
            os.write(tell, (word + "\\n").encode())
            os.read(wait, 1)
            os._exit(0)
    os.close(start), os.close(wait), os.close(tell)
    os.close(go)
    said = os.fdopen(told).readline
    words = [said().strip() for _ in seeds]
    os.close(end)
    for _ in seeds:
        os.wait()
    return words


here, rounds, size, kinds = Path(sys.argv[1]), *map(int, sys.argv[2:])
for number in range(rounds):
    words = crowd(here / str(number), [each % kinds for each in range(size)])
    won = [word for word in words if word.startswith("open")]
    lost = [word for word in words if "is being written by" in word or "answers another question" in word]
    assert len(won) == 1 and len(won) + len(lost) == size, words
    assert folder.read_spec(here / str(number))["seed"] == int(won[0].split()[1])
print("all", rounds)
"""


def start(path: Path, seed: int = 1) -> subprocess.Popen[str]:
    """Start a process that opens a folder and keeps it."""
    process = subprocess.Popen([sys.executable, "-c", OPENER, str(path), str(seed)], text=True, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    return process


def names(path: Path) -> list[str]:
    return sorted(str(each.relative_to(path)) for each in path.rglob("*") if each.name not in {".lock", ".writer"})


@pytest.mark.parametrize(("rounds", "size", "kinds"), [(20, 2, 2), (1, 30, 3)])
def test_of_simultaneous_opens_one_wins_and_the_others_end_in_one_line(tmp_path, rounds, size, kinds):
    arguments = map(str, (tmp_path, rounds, size, kinds))
    result = subprocess.run([sys.executable, "-c", CROWD, *arguments], capture_output=True, text=True, check=False)
    assert (result.stdout, result.stderr, result.returncode) == (f"all {rounds}\n", "", 0)


@pytest.mark.slow
@pytest.mark.parametrize(("rounds", "size", "kinds"), [(100, 2, 2), (100, 2, 1), (1, 300, 300), (1, 300, 1)])
def test_of_hundreds_of_simultaneous_opens_one_wins(tmp_path, rounds, size, kinds):
    test_of_simultaneous_opens_one_wins_and_the_others_end_in_one_line(tmp_path, rounds, size, kinds)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_folder_that_is_being_written_to_is_one_line_that_names_the_process(tmp_path, seed):
    process = start(tmp_path / "run")
    try:
        with pytest.raises(InputError, match=f"is being written by process {process.pid} on "):
            open_run(tmp_path / "run", ASKED | {"seed": seed})
    finally:
        process.kill()
        process.communicate()


def test_a_killed_process_blocks_nobody_and_what_it_left_half_written_is_removed(tmp_path):
    path = tmp_path / "run"
    process = start(path)
    (path / "trials").mkdir()
    half = [path / f".results.json.{'0' * 16}.tmp", path / "trials" / f".00001.safetensors.{'a' * 16}.tmp"]
    for each in (*half, path / ".mine.tmp"):
        each.write_bytes(b"half")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    open_run(path, ASKED)
    assert names(path) == [".mine.tmp", "spec.json", "trials"]


def test_a_process_that_was_killed_before_its_question_was_written_leaves_an_empty_folder(tmp_path):
    path = tmp_path / "run"
    process = start(path)
    process.kill()
    process.communicate()
    (path / "spec.json").replace(path / f".spec.json.{'0' * 16}.tmp")
    open_run(path, ASKED | {"seed": 2})
    assert names(path) == ["spec.json"]


def test_the_process_that_has_a_folder_open_may_open_it_again(tmp_path):
    first = open_run(tmp_path / "run", ASKED)
    assert open_run(tmp_path / "run", ASKED) == first


def test_a_folder_is_free_when_nothing_refers_to_it(tmp_path):
    open_run(tmp_path / "run", ASKED)
    process = start(tmp_path / "run")
    process.kill()
    process.communicate()


def test_a_question_has_one_digest_and_another_question_another(tmp_path):
    digests = [
        open_run(tmp_path / name, ASKED | {"seed": seed}).digest for name, seed in (("a", 1), ("b", 1), ("c", 2))
    ]
    assert digests[0] == digests[1] != digests[2]
    spec = tmp_path / "a" / "spec.json"
    spec.write_text(json.dumps(json.loads(spec.read_text())))
    assert RunFolder(tmp_path / "a").digest == digests[0]


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("", "spec.json is damaged: Expecting value"),
        ('{"command": "audit", "see', "spec.json is damaged: Unterminated string"),
        ("[" * 100_000, "spec.json is damaged: it is nested too deep"),
        ("[]", "spec.json is damaged: it holds no object"),
        ("{}", "it has no 'command'"),
        ("\xff", "spec.json is damaged: 'utf-8' codec"),
        ('{"command": "audit", "seed": NaN, "versions": {}}', "spec.json is damaged: NaN is no number of JSON"),
        ('{"command": "audit", "seed": 1, "format": 2, "versions": 3}', "is no folder of a run"),
        ('{"command": "audit", "seed": 1, "format": 2, "versions": {}, "contents": []}', "is no folder of a run"),
    ],
)
def test_a_damaged_question_is_one_line_and_stays(tmp_path, spec, told):
    path = tmp_path / "run"
    open_run(path, ASKED)
    (path / "spec.json").write_bytes(spec.encode("latin-1"))
    with pytest.raises(InputError) as error:
        open_run(path, ASKED)
    assert told in str(error.value)
    assert str(error.value).endswith(": choose another --out")
    assert "\n" not in str(error.value)
    assert (path / "spec.json").read_bytes() == spec.encode("latin-1")


def test_a_run_that_kept_nothing_may_be_asked_something_else(tmp_path):
    """As one whose training diverged: who lowers its learning rate gives the same --out again."""
    path = tmp_path / "run"
    open_run(path, ASKED)
    (path / "trials").mkdir()
    open_run(path, ASKED | {"seed": 2})
    assert json.loads((path / "spec.json").read_text())["seed"] == 2
    (path / "trials" / "00000.safetensors").touch()
    with pytest.raises(InputError, match="answers another question"):
        open_run(path, ASKED)


@pytest.mark.parametrize(("key", "told"), [("speed", "speed"), ("a\nb", r"'a\nb'")])
def test_what_the_question_does_not_know_is_named_in_one_line(tmp_path, key, told):
    open_run(tmp_path / "run", ASKED).write("results.json", "{}")
    spec = tmp_path / "run" / "spec.json"
    spec.write_text(json.dumps(json.loads(spec.read_text()) | {key: 3}))
    with pytest.raises(
        InputError,
        match=re.escape(f"another question (not the same {told}: 3 there, nothing here): choose another --out"),
    ):
        open_run(tmp_path / "run", ASKED)


@pytest.mark.parametrize("found", [0, 1, 3])
def test_a_folder_of_another_version_is_one_line_and_left_alone(tmp_path, found):
    path = tmp_path / "run"
    open_run(path, ASKED)
    spec = json.loads((path / "spec.json").read_text())
    del spec["format"]
    (path / "spec.json").write_text(json.dumps(spec | ({"format": found} if found else {})))
    before = (path / "spec.json").read_bytes()
    with pytest.raises(InputError) as error:
        open_run(path, ASKED)
    assert str(error.value) == (
        f"{path} holds a run of another version of fedsz-privacy (format {found}, this one writes 2): open it with "
        "that version, or choose another --out"
    )
    assert (path / "spec.json").read_bytes() == before


def test_a_name_that_is_too_long_is_one_line(tmp_path):
    with pytest.raises(InputError, match=r"cannot read .* \(File name too long\): look at the disk, or choose another"):
        open_run(tmp_path / ("x" * 300), ASKED)


@pytest.mark.parametrize("place", ["run", "run/spec.json", "run/.lock", "run/.writer", "above"])
def test_a_folder_or_file_in_the_place_of_another_is_one_line(tmp_path, place):
    path = tmp_path / "run"
    if place == "run":
        path.write_text("chapter 1")
    elif place == "above":
        (tmp_path / "above").write_text("chapter 1")
        path = tmp_path / "above" / "run"
    else:
        (tmp_path / place).mkdir(parents=True)
    with pytest.raises(InputError) as error:
        open_run(path, ASKED)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("place", "made"), [("results.json", "folder"), ("trials", "file"), ("figures", "file")])
def test_what_the_run_will_write_to_is_looked_at_before_the_work(tmp_path, place, made):
    path = tmp_path / "run"
    open_run(path, ASKED)
    if made == "folder":
        (path / place).mkdir()
    else:
        (path / place).write_text("mine")
    with pytest.raises(InputError, match=f"{place} is .* folder, and the run has to write there: move it elsewhere"):
        open_run(path, ASKED)
    assert (path / place).is_dir() == (made == "folder")
