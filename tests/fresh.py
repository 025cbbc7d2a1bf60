"""Code in a new interpreter."""

import json
import os
import subprocess
import sys

LOADED = "import json, sys; print(json.dumps([n for n in sys.argv[1:] if n in sys.modules]))"


def fresh(code: str, *args: str, **environment: str):
    """Run `code` in a new interpreter with untouched jax and thread settings; its JSON answer."""
    ours = ("JAX_", "XLA_", "DISCO_", "OPENBLAS_", "OMP_", "MKL_", "GOTO_")
    clean = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    done = subprocess.run(
        [sys.executable, "-c", code, *args],
        env=clean | {"JAX_PLATFORMS": "cpu"} | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
