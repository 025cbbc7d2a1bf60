"""OTCE: how much of the target classes the source classes know, once samples are matched.

    pi (m, n) >= 0 of least W = sum_ij pi_ij |s_i - x_j|^2, rows of sum 1/m, columns w_j/sum w
    J_st = sum of pi_ij over the pairs of source class s and target class t
    CE = H(Y_t | Y_s) = -sum_st J_st ln(J_st / sum_t J_st)
    score = -CE, or -(W + CE) with ``transport``

x (n, d) features with classes, s (m, d) the same model's features of its source data. Both are
centred first, which changes no pi, and W has the squared distance of the means added again.

The transport is entropic, by ott-jax (the extra `transport`): epsilon 1e-3 of the mean cost, come
down to from 200 times as much by a twentieth a round, over-relaxed by 1.5. It comes within 2e-4 of
the exact W and 2 % of CE. ``error`` is by how much the column sums of pi are off, all together; the
rounds end at 1e-3, or at 2000.

Cost 2 m n d and 2 m n exponentials a round, of which there are 150 to 500; memory 4 m n. Degenerate
cases. All features equal: everything is matched with everything, CE = H(Y_t), as for one source
class. One target class: 0. Higher is better.

Reference: Tan, Li & Huang, OTCE: a transferability metric for cross-domain cross-task
representations, CVPR 2021.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jax.scipy.special import xlogy

EPSILON = 1e-3  # of the mean cost
START, DECAY = 200.0, 0.95  # of epsilon
RELAXATION = 1.5
ERROR = 1e-3
ROUNDS = 2000

product = partial(jnp.matmul, precision=lax.Precision.HIGHEST)


class Otce(NamedTuple):
    """The score, its two parts, and how the transport was reached."""

    score: jax.Array  # ()
    transport: jax.Array  # (), W
    entropy: jax.Array  # (), CE
    rounds: jax.Array  # ()
    error: jax.Array  # ()


@partial(jax.jit, static_argnames=("num_classes", "transport"))
def otce(
    features: jax.Array,
    labels: jax.Array,
    source_features: jax.Array,
    source_labels: jax.Array,
    *,
    num_classes: int,
    transport: bool = False,
    where: jax.Array | None = None,
) -> Otce:
    """OTCE of ``features`` (n, d) and their classes, from source features and classes (m,)."""
    m, dtype = len(source_features), jnp.float64 if features.dtype == jnp.float64 else jnp.float32
    here = jnp.ones(len(features), dtype) if where is None else where.astype(dtype)
    share = here / jnp.maximum(jnp.sum(here), 1e-30)
    x = jnp.where(here[:, None] > 0, features.astype(dtype), 0)
    s = source_features.astype(dtype)
    at, source_at = jnp.sum(share[:, None] * x, 0), jnp.mean(s, 0)
    x, s = x - at[None], s - source_at[None]
    cost = jnp.sum(s * s, 1)[:, None] - 2 * product(s, x.T) + jnp.sum(x * x, 1)[None]
    mean = jnp.mean(product(cost, share))
    pi, rounds, error = _coupling(cost / jnp.where(mean > 0, mean, 1), share)
    own = jax.nn.one_hot(labels, num_classes, dtype=dtype)
    joint = jax.ops.segment_sum(product(pi, own), source_labels, m)  # m samples, m classes at most
    joint = joint / jnp.maximum(jnp.sum(joint), 1e-30)
    mass = jnp.sum(joint, 1)
    entropy = jnp.sum(xlogy(mass, mass)) - jnp.sum(xlogy(joint, joint))
    distance = jnp.sum(pi * cost) + jnp.sum((at - source_at) ** 2)
    score = -(distance + entropy) if transport else -entropy
    return Otce(score, distance, entropy, rounds, error)


def _coupling(cost: jax.Array, share: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The entropic coupling (m, n) of a cost whose mean is 1, its rounds and its error."""
    from ott.geometry.epsilon_scheduler import Epsilon
    from ott.geometry.geometry import Geometry
    from ott.problems.linear.linear_problem import LinearProblem
    from ott.solvers.linear.acceleration import Momentum
    from ott.solvers.linear.sinkhorn import Sinkhorn

    relaxation = Momentum(value=RELAXATION)  # type: ignore[call-arg]  # a dataclass unseen
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        epsilon = Epsilon(jnp.asarray(EPSILON, cost.dtype), init=START, decay=DECAY)
        solver = Sinkhorn(threshold=ERROR, max_iterations=ROUNDS, momentum=relaxation)
        found = solver(LinearProblem(Geometry(cost_matrix=cost, epsilon=epsilon), b=share))
        errors = jnp.asarray(found.errors)
        last = jnp.sum(errors != -1) - 1
        return found.matrix, jnp.asarray(found.n_iters), errors[last]
