"""What an import loads and changes, each looked at in a fresh process."""

import os
from pathlib import Path

import pytest

from ..fresh import LOADED, fresh

HEAVY = ["scipy.stats", "flax", "optax", "pandas", "sklearn", "torch", "matplotlib", "tensorflow"]

THREADS = """
import json, jax.numpy as jnp, threadpoolctl
jnp.linalg.eigh(jnp.eye(8)).eigenvalues.block_until_ready()
print(json.dumps({i["filepath"]: i["num_threads"] for i in threadpoolctl.threadpool_info()}))
"""


def blas_threads(code: str, **environment: str) -> tuple[dict, dict]:
    """Threads of the OpenBLAS that jaxlib borrows from SciPy, and of every other library."""
    found = fresh(code, **environment)
    scipys = {path: n for path, n in found.items() if Path(path).parent.name == "scipy.libs"}
    assert scipys, f"no OpenBLAS of SciPy's among {list(found)}"
    return scipys, {path: n for path, n in found.items() if path not in scipys}


def test_kernels_load_jax_and_nothing_heavier():
    assert fresh("import disco_kernels;" + LOADED, "jax", *HEAVY) == ["jax"]


def test_importing_kernels_starts_no_backend():
    # Whoever imports us may still choose devices or start `jax.distributed` afterwards.
    code = "import disco_kernels, jax; jax.config.update('jax_num_cpu_devices', 3)"
    assert fresh(code + "; print(len(jax.devices()))") == 3


def test_product_loads_without_jax():
    assert fresh("import disco_jax;" + LOADED, "disco_jax", "jax", "numpy") == ["disco_jax"]


def test_a_page_is_written_without_jax():
    assert fresh("import disco_jax.cli.report;" + LOADED, "numpy", "jax", *HEAVY) == ["numpy"]


def test_import_gives_scipys_blas_one_thread():
    scipys, others = blas_threads("import disco_kernels" + THREADS)
    _, untouched = blas_threads(THREADS)
    assert set(scipys.values()) == {1}
    assert others == untouched


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="on one core all have one thread")
@pytest.mark.parametrize("setting", ["DISCO_KEEP_BLAS_THREADS=1", "OPENBLAS_NUM_THREADS=2"])
def test_blas_threads_stay_when_asked(setting):
    variables = dict([setting.split("=")])
    scipys, others = blas_threads("import disco_kernels" + THREADS, **variables)
    assert (scipys, others) == blas_threads(THREADS, **variables)
    assert min(scipys.values()) > 1
