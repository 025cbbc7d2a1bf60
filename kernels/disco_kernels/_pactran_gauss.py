"""PACTran with a Gaussian prior: the best linear classifier's loss, and how flat its optimum is.

    loss = min over W, b of   mean cross-entropy + |W|^2/(2 lam n)
    h = sum_ic p_ic (1 - p_ic)(|xc_i|^2 + 1) + dC/(lam n)
    score = -[loss + C c/(2n) ln(lam n h/(dC) + 1e-10)]

xc (n, d) centred features, W (d, C), b (C,) free, p (n, C) the posteriors at the optimum, c = 100.
The published value is minus the score, and h has the cross-entropy summed over samples, where the
loss has its mean. The published solver stops within 5e-4 of this value.

|W| is blind to rotations, so the features are their spectral coordinates, T (n, k). There the
Hessian is nearly diagonal, and its diagonal a good preconditioner: Newton's method, each step found
by conjugate gradients in the precision of the features, to a tenth of the gradient, and halved
until the loss falls; gradients, and so the optimum, in float64. Ends when the gradient is 1e-6
(float64 features: 1e-10) of its bound (sum_i |w_i (t_i, 1)/n|^2)^(1/2), after 50 steps, or where no
step lowers the loss. ``gradient`` is that ratio: above 1e-5 the optimum was missed. ``rounds``
counts steps.

Cost 4 n k C a conjugate gradient, of which there are 50 to 200; memory n C and a tile. Needs all
triplets of the spectrum. Degenerate cases. One class: loss 0. Constant features: W = 0, p = pi. A
class without samples changes nothing. Higher is better; depends on the scale of the features.

Reference: Ding et al., PACTran, ECCV 2022.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ._checks import check_labels
from ._precision import dot, in_double, wide
from ._rows import map_tiles, sample_weights, sum_tiles
from ._spectrum import Spectrum

INEXACT = 0.1  # of the gradient may be left in a step
ROUNDS = 50
CONJUGATE = 200  # gradients for one step
HALVINGS = 30


class PactranGauss(NamedTuple):
    """The score, the loss in it, and how the optimum was reached."""

    score: jax.Array  # ()
    loss: jax.Array  # ()
    gradient: jax.Array  # (), relative
    rounds: jax.Array  # ()


@partial(jax.jit, static_argnames=("num_classes", "lam", "c"))
def pactran_gauss(
    spectrum: Spectrum,
    labels: jax.Array,
    *,
    num_classes: int,
    lam: float = 1.0,
    c: float = 100.0,
    where: jax.Array | None = None,
    width: jax.Array | int | None = None,
) -> PactranGauss:
    """PACTran-Gauss of the spectrum's features for integer ``labels`` (n,); higher is better."""
    rows = spectrum.coordinates
    n = rows.shape[0]
    check_labels(labels, n, num_classes)
    width = spectrum.basis.shape[0] if width is None else width
    weights = sample_weights(where, rows)

    def fit() -> PactranGauss:
        w = weights.astype(wide())
        classes = jnp.arange(num_classes, dtype=jnp.int32)[None]
        own = (labels.astype(jnp.int32)[:, None] == classes) & (w > 0)[:, None]
        present = jnp.any(own, 0)
        samples = jnp.maximum(jnp.sum(w), jnp.finfo(w.dtype).tiny)
        count, d = jnp.sum(present).astype(w.dtype), jnp.asarray(width, w.dtype)
        problem = Problem(rows, own, present, w / samples, 1 / (lam * samples))
        found = _minimise(problem)
        p = jnp.exp(_log_posteriors(problem, found.logits))
        lengths = jnp.sum(rows.astype(w.dtype) ** 2, 1) + 1
        h = jnp.sum((w * lengths)[:, None] * p * (1 - p)) + d * count / (lam * samples)
        flatness = jnp.log(lam * samples * h / jnp.maximum(d * count, 1) + 1e-10)
        score = -(found.loss + count * c / (2 * samples) * flatness)
        return PactranGauss(score, found.loss, found.size, found.round)

    return in_double(fit, rows.dtype)


class Problem(NamedTuple):
    """A softmax regression; its parameters (k + 1, C) are W above b."""

    rows: jax.Array  # (n, k)
    own: jax.Array  # (n, C), one-hot labels
    present: jax.Array  # (C,)
    share: jax.Array  # (n,), weights of sum 1
    penalty: jax.Array  # ()


class State(NamedTuple):
    """Where Newton's method stands."""

    round: jax.Array
    parameters: jax.Array  # (k + 1, C)
    logits: jax.Array  # (n, C)
    loss: jax.Array
    gradient: jax.Array  # (k + 1, C)
    size: jax.Array  # of the gradient, relative
    step: jax.Array  # what the last direction was multiplied with


def _applied(problem: Problem, parameters: jax.Array) -> jax.Array:
    """``t_i W + b`` of all rows, in the dtype of the parameters."""

    def product(start: Any, size: int) -> jax.Array:
        t = lax.dynamic_slice_in_dim(problem.rows, start, size).astype(parameters.dtype)
        return dot(t, parameters[:-1], (1, 0)) + parameters[-1:]

    return map_tiles(product, *problem.rows.shape)


def _gathered(problem: Problem, values: jax.Array, square: bool = False) -> jax.Array:
    """``sum_i (t_i, 1)^T values_i``, (k + 1, C), or with the squares of (t_i, 1)."""

    def product(start: Any, fresh: jax.Array, size: int) -> jax.Array:
        t = lax.dynamic_slice_in_dim(problem.rows, start, size).astype(values.dtype)
        v = jnp.where(fresh[:, None], lax.dynamic_slice_in_dim(values, start, size), 0)
        return jnp.append(dot(t * t if square else t, v, (0, 0)), jnp.sum(v, 0)[None], axis=0)

    return sum_tiles(product, *problem.rows.shape)


def _penalised(problem: Problem, parameters: jax.Array) -> jax.Array:
    """The penalty's gradient: the intercepts are free."""
    return problem.penalty.astype(parameters.dtype) * parameters.at[-1].set(0)


def _log_posteriors(problem: Problem, logits: jax.Array) -> jax.Array:
    return jax.nn.log_softmax(jnp.where(problem.present[None], logits, -jnp.inf), axis=1)


def _loss(problem: Problem, parameters: jax.Array, logits: jax.Array) -> jax.Array:
    logs = jnp.where(problem.own, _log_posteriors(problem, logits), 0)
    entropy = -jnp.sum(problem.share * jnp.sum(logs, 1))
    return entropy + problem.penalty * jnp.sum(parameters[:-1] ** 2) / 2


def _gradient(problem: Problem, parameters: jax.Array, logits: jax.Array) -> jax.Array:
    p = jnp.exp(_log_posteriors(problem, logits))
    residual = problem.share[:, None] * (p - problem.own.astype(p.dtype))
    return _gathered(problem, residual) + _penalised(problem, parameters)


def _direction(problem: Problem, logits: jax.Array, gradient: jax.Array) -> jax.Array:
    """The Newton step: Hessian^-1 gradient, by conjugate gradients."""
    dtype = problem.rows.dtype
    p = jnp.exp(_log_posteriors(problem, logits)).astype(dtype)
    share = problem.share[:, None].astype(dtype)
    scale = jnp.sqrt(jnp.sum(gradient * gradient))
    right = (gradient / jnp.where(scale > 0, scale, 1)).astype(dtype)
    diagonal = _gathered(problem, share * p * (1 - p), square=True)
    diagonal = diagonal + _penalised(problem, jnp.ones_like(diagonal))
    diagonal = jnp.maximum(diagonal, jnp.finfo(dtype).eps * jnp.max(diagonal))

    def hessian(v: jax.Array) -> jax.Array:
        change = _applied(problem, v)
        change = p * (change - jnp.sum(p * change, 1, keepdims=True))
        return _gathered(problem, share * change) + _penalised(problem, v)

    def step(state: tuple) -> tuple:
        count, x, residual, direction, square = state
        image = hessian(direction)
        bend = jnp.sum(direction * image)
        along = square / jnp.where(bend > 0, bend, jnp.inf)
        x, residual = x + along * direction, residual - along * image
        better = residual / diagonal
        new = jnp.sum(residual * better)
        direction = better + new / jnp.where(square > 0, square, 1) * direction
        return count + 1, x, residual, direction, new

    def unfinished(state: tuple) -> jax.Array:
        return (state[0] < CONJUGATE) & (jnp.sum(state[2] ** 2) > INEXACT**2)

    first = right / diagonal
    start = jnp.zeros((), jnp.int32), 0 * right, right, first, jnp.sum(right * first)
    return lax.while_loop(unfinished, step, start)[1].astype(scale.dtype) * scale


def _minimise(problem: Problem) -> State:
    design = jnp.sum(problem.rows.astype(problem.share.dtype) ** 2, 1) + 1
    bound = jnp.sqrt(jnp.sum(problem.share**2 * design))
    tolerance = 1e-10 if problem.rows.dtype == jnp.float64 else 1e-6

    def at(round_: jax.Array, parameters: jax.Array, logits: jax.Array, step: jax.Array) -> State:
        gradient = _gradient(problem, parameters, logits)
        size = jnp.sqrt(jnp.sum(gradient**2)) / jnp.where(bound > 0, bound, 1)
        loss = _loss(problem, parameters, logits)
        return State(round_, parameters, logits, loss, gradient, size, step)

    def step(state: State) -> State:
        direction = _direction(problem, state.logits, state.gradient)
        change = _applied(problem, direction)

        def moved(size: jax.Array) -> tuple[jax.Array, jax.Array]:
            return state.parameters - size * direction, state.logits - size * change

        def too_far(halving: tuple) -> jax.Array:
            count, size = halving
            return (count < HALVINGS) & ~(_loss(problem, *moved(size)) <= state.loss + 1e-14)

        begin = jnp.zeros((), jnp.int32), jnp.ones_like(state.loss)
        count, size = lax.while_loop(too_far, lambda h: (h[0] + 1, h[1] / 2), begin)
        size = jnp.where(count < HALVINGS, size, 0)
        return at(state.round + 1, *moved(size), size)

    def unfinished(state: State) -> jax.Array:
        return (state.size > tolerance) & (state.round < ROUNDS) & (state.step > 0)

    k, zero = problem.rows.shape[1], 0 * problem.share[:, None]
    logits = jnp.broadcast_to(zero, problem.own.shape)
    parameters = jnp.broadcast_to(0 * bound, (k + 1, problem.own.shape[1]))
    return lax.while_loop(
        unfinished, step, at(jnp.zeros((), jnp.int32), parameters, logits, 1 + 0 * bound)
    )
