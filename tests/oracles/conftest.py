"""One thread for NumPy's BLAS."""

from ..one_blas_thread import one_blas_thread  # noqa: F401, a fixture for all
