"""One BLAS thread beneath jitted code: the package's only effect at import time.

On the CPU, jaxlib calls the OpenBLAS that ships inside SciPy. That library's threads fight with
XLA's own: an ``eigh`` of 400 x 400 then takes seconds instead of milliseconds. XLA spreads the
work over the cores by itself, so this one library is set to one thread; NumPy's copy keeps its own.

Nothing is changed where the user has decided: ``OPENBLAS_NUM_THREADS`` is set, or
``DISCO_KEEP_BLAS_THREADS=1``.
"""

import os
from importlib import import_module

from threadpoolctl import ThreadpoolController


def limit_scipy_blas() -> None:
    """Set the OpenBLAS inside SciPy to one thread, unless the environment says otherwise."""
    if "OPENBLAS_NUM_THREADS" in os.environ or os.environ.get("DISCO_KEEP_BLAS_THREADS") == "1":
        return
    import_module("scipy.linalg.cython_lapack")  # where jaxlib looks its LAPACK up, at first use
    for library in ThreadpoolController().lib_controllers:
        if library.internal_api == "openblas" and "scipy" in os.path.dirname(library.filepath):
            library.set_num_threads(1)
