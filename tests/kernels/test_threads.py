"""Factorisations in four threads, on several devices, and in one program: all of them return.

Each in a process of its own with a deadline, as what is wrong here never ends. With
`DISCO_TEST_HANGS=all` every score, over a dozen shapes instead of two.
"""

import os
import subprocess
import sys

import pytest

DEADLINE = 900
EVERYTHING = ["--all"] if os.environ.get("DISCO_TEST_HANGS") == "all" else []


@pytest.mark.parametrize("x64", [[], ["--x64"]], ids=["32", "64"])
@pytest.mark.parametrize("what", ["threads", "devices", "scores"])
def test_returns(what, x64):
    forced = "--xla_force_host_platform_device_count=8" if what == "devices" else ""
    done = subprocess.run(
        [sys.executable, "-m", "tests.kernels.threads", what, *x64, *EVERYTHING],
        env=os.environ | {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": forced},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )
    assert done.stdout == "through\n", done.stderr
