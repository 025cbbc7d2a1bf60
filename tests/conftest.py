"""The strict jax that every test runs under: float64, no silent promotion, eight CPU devices.

The flags must be set before jax is imported, hence the order. No compilation cache is kept unless
`JAX_COMPILATION_CACHE_DIR` says so, nor is an accelerator used unless `JAX_PLATFORMS` does.

Most of the time goes into compiling thousands of small programs, so LLVM compiles them without its
optimisations, and what XLA fuses is written by its older emitter: together half of the time. XLA's
own passes run as ever. With `JAX_DISABLE_MOST_OPTIMIZATIONS=0` programs are compiled as a user's
are: CI does so with DISCO's.
"""

import os
from functools import partial
from importlib.metadata import version

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ["DISCO_JAX_CACHE"] = "off"
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
os.environ.setdefault("XLA_FLAGS", "")
if "xla_force_host_platform_device_count" not in os.environ["XLA_FLAGS"]:
    os.environ["XLA_FLAGS"] += " --xla_force_host_platform_device_count=8"
# Of the versions that run here only 0.10 has a second emitter; XLA ends on a flag it does not know.
if os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] == "1" and version("jaxlib").startswith("0.10."):
    os.environ["XLA_FLAGS"] += " --xla_cpu_use_fusion_emitters=false"

import jax
import pytest

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")


@pytest.fixture(autouse=True, scope="module")
def compiled_programs_are_dropped():
    """Every compiled program holds memory maps, of which Linux gives a process 65,530."""
    yield
    jax.clear_caches()


@pytest.fixture(autouse=True, scope="session")
def other_packages_bring_nothing():
    """Whatever else is installed beside this project."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("disco_jax.entry_points.entry_points", lambda group: ())
        yield


@pytest.fixture
def install(tmp_path, monkeypatch):
    """`install(name, code, group, entries)` of a package that has these entry points."""
    from .packages import installer

    with installer(tmp_path / "site", monkeypatch) as write:
        yield write


@pytest.fixture
def run(capsys, monkeypatch):
    """`run(*arguments)` -> (exit code, stdout, stderr) of the command line."""
    from .command_line import call

    return partial(call, capsys, monkeypatch)
