"""One thread for NumPy's BLAS beneath the oracles.

Its threads spin for a while after every call, on the cores where the kernel under test should run:
with two cores and some other load, that is three quarters of the time that these tests take.
"""

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(autouse=True, scope="session")
def one_blas_thread():
    with threadpool_limits(1, user_api="blas"):
        yield
