"""Leave-one-out of a ridge regression, exact and without refitting: a linear probe in closed form.

With e_i the leave-one-out errors of ``_left_out``, all components in every fit:

    classes   accuracy of argmax(Y_i - e_i), Y (n, C) one-hot
    targets   R^2 = 1 - sum |e_i|^2/sum |Yc_i|^2, over all t columns of targets together

each the best over the eight lam = s_1^2 10^p, p = -6 .. 1.

Cost 2 n k C + 16 n k C operations, memory one tile of samples by 8 C. Needs all triplets.
Degenerate cases. Constant features predict the mean of the others. A single sample: 0. Targets
without spread: 0. A class without samples is never predicted. Invariant to scale and rotation.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ._checks import check_labels, check_targets
from ._left_out import positive, sum_left_out
from ._rows import centred_targets, sample_count, sample_weights
from ._spectrum import Spectrum

PENALTIES = 10.0 ** np.arange(-6, 2)  # of the largest squared singular value


@partial(jax.jit, static_argnames="num_classes")
def ridge_loo(
    spectrum: Spectrum,
    labels: jax.Array,
    *,
    num_classes: int,
    where: jax.Array | None = None,
) -> jax.Array:
    """Leave-one-out accuracy of ridge regression on the one-hot ``labels`` (n,)."""
    t = spectrum.coordinates
    check_labels(labels, t.shape[0], num_classes)
    one_hot = labels[:, None] == jnp.arange(num_classes, dtype=labels.dtype)[None]
    y = one_hot.astype(t.dtype)

    def right(error: jax.Array, start: jax.Array, size: int) -> jax.Array:
        own = lax.dynamic_slice_in_dim(y, start, size)
        guess = jnp.argmax(own[:, None] - error, 2)
        return (guess == jnp.argmax(own, 1)[:, None]).astype(t.dtype)

    weights = sample_weights(where, t)
    hits = sum_left_out(spectrum, y, weights, PENALTIES, right)
    alone = sample_count(weights) <= 1
    return jnp.where(alone, 0, jnp.max(hits) / positive(jnp.sum(weights)))


@jax.jit
def ridge_loo_regression(
    spectrum: Spectrum, targets: jax.Array, *, where: jax.Array | None = None
) -> jax.Array:
    """Leave-one-out R^2 of ridge regression on ``targets`` (n,) or (n, t)."""
    t = spectrum.coordinates
    y = check_targets(targets, t.shape[0]).astype(t.dtype)
    weights = sample_weights(where, t)

    def squares(error: jax.Array, start: jax.Array, size: int) -> jax.Array:
        return jnp.sum(error**2, 2)

    y = centred_targets(y, weights)
    left = jnp.min(sum_left_out(spectrum, y, weights, PENALTIES, squares))
    spread = jnp.sum(weights[:, None] * y**2)
    return jnp.where(spread > 0, 1 - left / positive(spread), 0)
