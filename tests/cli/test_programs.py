"""Compiled programs from one run to the next: kept once, and harmless where they cannot be."""

import os
import subprocess
import sys

import numpy as np
import pytest

from disco_jax.cli import programs

FORBIDDEN = ("DISCO_JAX_CACHE", "JAX_COMPILATION_CACHE_DIR", "XDG_CACHE_HOME")


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    folder = tmp_path_factory.mktemp("features")
    x = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    np.savez(folder / "a.npz", features=x, labels=np.arange(20) % 2)
    return folder


def scored(hub, *options, **environment):
    """stdout and stderr of a run in a process of its own."""
    clean = {key: value for key, value in os.environ.items() if key not in FORBIDDEN}
    done = subprocess.run(
        [sys.executable, "-m", "disco_jax", *options, "score", str(hub), "--metrics", "knn"],
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def entries(folder):
    return {path for path in folder.rglob("*") if path.is_file() and "-atime" not in path.name}


def test_a_second_run_compiles_nothing(hub, tmp_path):
    first, _ = scored(hub, XDG_CACHE_HOME=str(tmp_path))
    kept = entries(tmp_path / "disco-jax" / "programs")
    again, said = scored(hub, XDG_CACHE_HOME=str(tmp_path), JAX_LOG_COMPILES="1")
    assert kept and entries(tmp_path) == kept and again == first
    assert "persistent compilation cache hit" in said.lower()
    assert "cache miss" not in said.lower()


@pytest.mark.parametrize("how", ["off", "option", "own", "file"])
def test_nothing_is_kept(hub, tmp_path, how):
    place, own = tmp_path / "place", tmp_path / "own"
    given = {"DISCO_JAX_CACHE": "off" if how == "off" else str(place)}
    if how == "own":
        given["JAX_COMPILATION_CACHE_DIR"] = str(own)
    if how == "file":
        place.write_text("in the way")
    _, said = scored(hub, *["--no-cache"] * (how == "option"), **given)
    assert said == "" and not (place.is_dir() and entries(place))


def test_a_damaged_program_is_compiled_again(hub, tmp_path):
    first, _ = scored(hub, DISCO_JAX_CACHE=str(tmp_path))
    for path in entries(tmp_path):
        path.write_bytes(b"damaged")
    again, _ = scored(hub, DISCO_JAX_CACHE=str(tmp_path))
    assert again == first


def test_the_oldest_go(tmp_path, monkeypatch):
    monkeypatch.setattr(programs, "MOST", 100)
    for age in range(6):
        (tmp_path / str(age)).write_bytes(bytes(20))
        os.utime(tmp_path / str(age), (1000 - age, 1000 - age))
    programs._trim(tmp_path)
    assert sorted(os.listdir(tmp_path)) == ["0", "1"]
    programs._trim(tmp_path)
    assert len(os.listdir(tmp_path)) == 2


def test_importing_the_package_changes_nothing():
    code = "import os; b = dict(os.environ); import disco_jax.cli.app; assert b == dict(os.environ)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
