"""Moments in, spectrum out: the factorisation of features whose rows were added up.

    gram = V diag(s^2) V^T,    s_j = sqrt(max(eigenvalue_j, 0))

gram (d, d) the centred Gram matrix of ``Moments``. ``coordinates`` are empty, (0, d): they need the
rows once more, as ``(x_i - mean)^T basis``. Everything else is as in ``spectrum``.

Accuracy is what the accumulation allows: an eigenvalue is within about eps of the largest one (up
to sqrt(d) eps where all are tied), so a singular value is within eps s_1^2/(2 s_j), at worst
sqrt(eps) s_1: 3.5e-4 s_1 from float32 moments, 1.5e-8 s_1 from float64. ``rank`` therefore cuts at
sqrt(max(total, d) eps) s_1. Cost about 10 d^3.
"""

import jax
import jax.numpy as jnp

from ._lapack import eigh
from ._moments import Moments
from ._precision import in_double, wide
from ._spectrum import Spectrum, present


@jax.jit
def spectrum_from_moments(moments: Moments) -> Spectrum:
    """Singular values and right singular vectors from centred moments; no coordinates."""
    d = moments.gram.shape[0]
    dtype = moments.gram.dtype
    squares, basis = in_double(lambda: eigh(moments.gram.astype(wide())), dtype)
    squares, basis = squares[::-1], basis[:, ::-1]
    none = jnp.zeros((), jnp.int32)
    return present(
        Spectrum(
            jnp.sqrt(jnp.maximum(squares, 0)),
            basis,
            jnp.zeros((0, d), dtype),
            moments.mean,
            none,
            jnp.zeros((), dtype),
            none,
            jnp.minimum(jnp.round(moments.total).astype(jnp.int32), d),
        ),
        moments.total,
        jnp.sqrt(jnp.maximum(moments.total, d) * jnp.finfo(dtype).eps),
    )
