"""How much memory a run may take."""

from disco_jax.errors import InputError
from disco_jax.machine import memory_bytes

GIGABYTE = 10**9
RUNTIME_BYTES = 6 * 10**8  # jax, its compiler and compiled programs


def budget(memory: float | None) -> tuple[int, str]:
    """Bytes for arrays, and the limit in words."""
    if memory is None:
        memory = memory_bytes() / 2 / GIGABYTE
    budget = int(memory * GIGABYTE) - RUNTIME_BYTES
    if budget <= 0:
        problem = f"{memory:g} GB is less than the runtime itself takes"
        raise InputError("memory", "gigabytes", problem, "give 1 or more")
    return budget, f"{memory:.3g} GB"
