"""The moments of features in the directions of their full spectrum: no pass for the Gram matrix.

    mean = (V^T mu, |mu - V V^T mu|),   gram = diag(s_1^2, ..., s_k^2, 0),   y_i = (t_i, 0)

Everything else as in ``moments``, of the rows y_i: the last direction is the one in which the mean
leaves the span of V. Features and moments are turned by the same rotation, and directions in which
nothing is are left out; what neither changes, as a norm of the Gram matrix, is what it was.

It takes a spectrum of all triplets and the same ``where``. Cost 2 n k. Degenerate cases as in
``moments``.
"""

from functools import partial

import jax
import jax.numpy as jnp

from ._moments import Moments, summary
from ._precision import dot
from ._rows import Rows, sample_count, sample_weights
from ._spectrum import Spectrum


@partial(jax.jit, static_argnames="num_classes")
def moments_from_spectrum(
    spectrum: Spectrum,
    labels: jax.Array | None = None,
    *,
    num_classes: int | None = None,
    targets: jax.Array | None = None,
    where: jax.Array | None = None,
) -> Moments:
    """Centred moments of rotated features (n, k + 1), from all triplets of a spectrum."""
    t = spectrum.coordinates
    weights, nowhere = sample_weights(where, t), jnp.zeros(t.shape[1], t.dtype)
    rows = Rows(t, weights, nowhere, nowhere, jnp.sum(weights), sample_count(weights))
    gram = jnp.diag(spectrum.singular_values**2)
    found = summary(rows, gram, labels, num_classes, targets)
    inside = dot(spectrum.mean[None], spectrum.basis, (1, 0))[0]
    outside = spectrum.mean - dot(spectrum.basis, inside[:, None], (1, 0))[:, 0]
    return found._replace(
        mean=jnp.append(inside, jnp.linalg.norm(outside)),
        gram=jnp.pad(found.gram, ((0, 1), (0, 1))),
        class_sums=jnp.pad(found.class_sums, ((0, 0), (0, 1))),
        cross=jnp.pad(found.cross, ((0, 1), (0, 0))),
        norm_sums=jnp.pad(found.norm_sums, (0, 1)),
    )
