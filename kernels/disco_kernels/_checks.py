"""What a kernel refuses when it is traced: wrong shapes, dtypes and options, said in one line."""

from typing import Any

import jax.numpy as jnp


def check_matrix(name: str, x: Any) -> None:
    """A real matrix with at least one row and one column."""
    if x.ndim != 2 or 0 in x.shape:
        raise ValueError(f"{name} must be a matrix (samples, columns), got shape {x.shape}")
    if jnp.issubdtype(x.dtype, jnp.complexfloating):
        raise ValueError(f"{name} must be real, got {x.dtype}; pass real and imaginary columns")


def check_vector(name: str, x: Any, length: int, *, kind: Any = None) -> None:
    """One entry for each of ``length`` samples, of the given kind of dtype."""
    if x.ndim != 1 or x.shape[0] != length:
        raise ValueError(f"{name} must have shape ({length},), one per row, got {x.shape}")
    if kind is not None and not jnp.issubdtype(x.dtype, kind):
        raise ValueError(f"{name} must be integers 0..num_classes-1, got dtype {x.dtype}")


def check_labels(labels: Any, length: int, num_classes: int) -> None:
    """One integer class for each of ``length`` samples, of at least one class."""
    check_vector("labels", labels, length, kind=jnp.integer)
    check_positive("num_classes", num_classes)


def check_positive(name: str, value: int) -> None:
    """A static count of at least one."""
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value}")


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """One of the named options."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r}")


def check_targets(targets: Any, length: int) -> Any:
    """Targets (n,) or (n, t) as a real matrix (n, t)."""
    if targets.ndim not in (1, 2) or targets.shape[0] != length:
        raise ValueError(f"targets must be ({length},) or ({length}, t), got {targets.shape}")
    if jnp.issubdtype(targets.dtype, jnp.complexfloating):
        raise ValueError(f"targets must be real, got {targets.dtype}")
    return targets.reshape(length, -1)
