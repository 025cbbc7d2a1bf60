"""Moments in, spectrum out: the factorisation of features whose rows were added up.

    gram = V diag(s^2) V^T,    s_j = sqrt(max(eigenvalue_j, 0))

gram (d, d) the centred Gram matrix of ``Moments``. ``coordinates`` are empty, (0, d): they need the
rows once more, as ``(x_i - mean)^T basis``. Everything else is as in ``spectrum``.

Accuracy is what the accumulation allows: an eigenvalue is within about eps of the largest one (up
to sqrt(d) eps where all are tied), so a singular value is within eps s_1^2/(2 s_j), at worst
sqrt(eps) s_1: 3.5e-4 s_1 from float32 moments, 1.5e-8 s_1 from float64. ``rank`` therefore cuts at
sqrt(max(total, d) eps) s_1. In a narrower type it cuts where ``spectrum`` of features of that type
does, at max(total, d) eps s_1, if that is more. Cost about 10 d^3.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike

from ._lapack import eigh
from ._moments import Moments
from ._precision import in_double, wide
from ._spectrum import Spectrum, present


@partial(jax.jit, static_argnames="dtype")
def spectrum_from_moments(moments: Moments, *, dtype: DTypeLike | None = None) -> Spectrum:
    """Singular values and right singular vectors from centred moments; no coordinates.

    ``dtype`` is the type of the result, by default that of the moments.
    """
    d = moments.gram.shape[0]
    given = moments.gram.dtype
    result = given if dtype is None else jnp.dtype(dtype)
    squares, basis = in_double(lambda: eigh(moments.gram.astype(wide())), given)
    squares, basis = squares[::-1], basis[:, ::-1]
    none = jnp.zeros((), jnp.int32)
    size = jnp.maximum(moments.total, d)
    fine, coarse = (float(jnp.finfo(kind).eps) for kind in (given, result))
    cut = jnp.maximum(jnp.sqrt(size * fine), size * coarse)
    return present(
        Spectrum(
            jnp.sqrt(jnp.maximum(squares, 0)).astype(result),
            basis.astype(result),
            jnp.zeros((0, d), result),
            moments.mean.astype(result),
            none,
            jnp.zeros((), result),
            none,
            jnp.minimum(jnp.round(moments.total).astype(jnp.int32), d),
        ),
        moments.total.astype(result),
        cut.astype(result),
    )
