"""`python -m bench ...` in a process of its own: nothing but bench itself imports bench."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def bench(*arguments, **environment):
    """Exit code, stdout and stderr."""
    command = [sys.executable, "-m", "bench", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True
    )
    return done.returncode, done.stdout, done.stderr
