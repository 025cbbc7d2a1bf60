"""Factorisations in four threads, on several devices, and in one program: all of them return.

Each in a process of its own with a deadline, as what is wrong here never ends. With
`DISCO_TEST_HANGS=all` every score, over a dozen shapes instead of two, and all of it with x64 too.
"""

import os
import subprocess
import sys

import pytest

DEADLINE = 900
ALL = os.environ.get("DISCO_TEST_HANGS") == "all"


@pytest.mark.parametrize("x64", [[], ["--x64"]] if ALL else [[]], ids=lambda x: "64" if x else "32")
@pytest.mark.parametrize("what", ["threads", "devices", "scores"])
def test_returns(what, x64):
    forced = "--xla_force_host_platform_device_count=8" if what == "devices" else ""
    done = subprocess.run(
        [sys.executable, "-m", "tests.kernels.threads", what, *x64, *["--all"] * ALL],
        env=os.environ | {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": forced},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )
    assert done.stdout == "through\n", done.stderr
