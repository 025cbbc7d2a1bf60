"""What people expect of a command line: completion, Markdown, the time left, a full disk."""

import errno
import os
import resource
import subprocess
import sys

import numpy as np
import pytest

from disco_jax import InputError
from disco_jax.atomic import write_text
from disco_jax.cli import progress

from ..command_line import refused
from ..small_hubs import hub, samples

LABELS, _, _ = samples(n=60, classes=3)
MAIN = "import sys; sys.argv[0] = 'disco-jax'; from disco_jax.cli import main; main()"


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "features"
    path.mkdir()
    for name, x in hub(LABELS, {"a": 20, "b|c": 24}).items():
        np.savez(path / f"{name}.npz", features=x, labels=LABELS)
    return path


def completed(**environment):
    done = subprocess.run(
        [sys.executable, "-c", MAIN], env=os.environ | environment, capture_output=True, text=True
    )
    return done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell, run, monkeypatch):
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    script = completed(_DISCO_JAX_COMPLETE=f"source_{shell}")
    assert "_DISCO_JAX_COMPLETE" in script and f"complete_{shell}" in script
    words = {"COMP_WORDS": "disco-jax sc", "COMP_CWORD": "1"}
    words |= {"_TYPER_COMPLETE_ARGS": "disco-jax sc", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    found = completed(_DISCO_JAX_COMPLETE=f"complete_{shell}", **words)
    assert "score" in found and "rank" not in found
    assert "completion" not in run("--help")[1]


def test_markdown(run, folder, tmp_path):
    chosen = ("--metrics", "knn,gbc", "--bootstrap", 5)
    code, out, err = run("score", folder, *chosen, "--format", "markdown")
    table, _, beneath = out.partition("\n\n")
    head, rule, *rows = table.splitlines()
    assert (code, err, head, rule) == (0, "", "| model | knn | gbc |", "| --- | ---: | ---: |")
    assert {row.split(" | ")[0] for row in rows} == {"| a", r"| b\|c"}
    assert "knn: the first is ahead" in beneath
    (tmp_path / "scores.csv").write_text("model,knn\na,1\nb,2\nc,3\n")
    (tmp_path / "truth.csv").write_text("model,scores\na,1\nb,2\nc,3\n")
    out = run("compare", tmp_path / "scores.csv", tmp_path / "truth.csv", "--format", "markdown")[1]
    assert out.startswith("| metric | datasets | tau_w |")
    rows = run("metrics", "--format", "markdown")[1].splitlines()
    assert rows[0].startswith("| metric | tasks |") and rows[2].startswith("| disco | ")


def test_a_terminal_sees_the_time_left(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress.bar() as show:
        for done in range(1, 4):
            show("resnet50", done, 40)
        show("resnet50", 1, 2)
    out, err = capsys.readouterr()
    assert out == "" and "resnet50" in err and "1/2" in err and "left" in err


def test_a_pipe_sees_none():
    with progress.bar() as show:
        assert show is None


def full(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("command", ["score", "report"])
def test_a_full_disk(command, run, folder, tmp_path, monkeypatch):
    scores, out = tmp_path / "scores.json", tmp_path / "out" / "result"
    assert run("score", folder, "--metrics", "knn", "--out", scores)[0] == 0
    arguments = (folder, "--metrics", "knn") if command == "score" else (scores,)
    monkeypatch.setattr("os.fsync", full)
    told = "the disk is full, so nothing was written; make room, or choose a folder on another"
    refused(run(command, *arguments, "--out", out), "file: ", told)
    assert [path for path in out.parent.rglob("*") if path.is_file()] == []


def test_a_file_larger_than_it_may_be(tmp_path):
    """By the limit of the process, as a disk that fills up while it is written."""
    path = tmp_path / "kept.txt"
    write_text(path, "before")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(InputError, match=r"kept.txt: file: larger than a file may be here, so"):
            write_text(path, "x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_text() == "before" and [each.name for each in tmp_path.iterdir()] == [
        "kept.txt"
    ]


def test_the_last_line_is_the_verdict(run, folder):
    lines = run("score", folder, "--metrics", "knn")[1].splitlines()
    assert lines[-1].endswith(" of 2 models by knn.")
    lines = run("score", folder, "--metrics", "knn", "--bootstrap", 5)[1].splitlines()
    assert "of the resamples." in lines[-1] or "cannot be told apart" in lines[-1]
