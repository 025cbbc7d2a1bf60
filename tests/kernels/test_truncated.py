"""The leading triplets by both truncated solvers: right, or a residual says that they are not."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import disco_kernels as dk

from ..oracles import spectrum as oracle
from ..oracles.disco import disco
from ..oracles.groups import proportions
from ..problems import (
    EVERY_SHAPE,
    Problem,
    balanced,
    constant,
    constant_columns,
    duplicated_columns,
    gapped,
    problem,
    spectral,
    tied,
)
from .table import (
    BIG,
    SCORE,
    SHARES,
    VALUES,
    close,
    defined,
    exact,
    identical,
    named,
    over,
    rounding,
    shares,
    within,
)

COMPONENTS, BOUND = 32, 1e-4  # the bound on a residual: the relative error of a score
LONG, BROAD = (1200, 320), (320, 1200)
MORE = [
    Problem("big-offset", LONG, spectral(gapped(1.0), mean=1e3, spread=20.0), num_classes=10),
    Problem("big-duplicated-columns", LONG, duplicated_columns, num_classes=10),
    Problem("big-constant-columns", LONG, constant_columns, num_classes=10),
    Problem("big-constant", LONG, constant, num_classes=10),
    Problem("big-zero", LONG, lambda rng, labels, d: np.zeros((len(labels), d)), num_classes=10),
    Problem("big-tied", LONG, spectral(tied), num_classes=10),
    *(Problem(f"broad-{kind}", BROAD, build, balanced, 10) for kind, build in EVERY_SHAPE.items()),
]
ROWS = [*BIG, *MORE]
# Where all values tie there is no leading subspace to converge to: the full price, and no promise.
UNFINISHED = {"big-tied"}
GAPPED = problem("big-gapped-1")

methods = pytest.mark.parametrize("method", ["gram", "krylov"])


def leading(features, method, **options):
    options = {"components": COMPONENTS} | options
    return dk.spectrum(jnp.asarray(features), method=method, **options)


@methods
@over(ROWS)
def test_right_or_reported(row, method):
    s = leading(row.features, method)
    identical(s, leading(row.features, method))
    assert all(np.all(np.isfinite(leaf)) for leaf in s)
    assert s.rounds > 0
    r = dk.proportions(s)
    within(r, shares(row, COMPONENTS), max(SHARES, float(s.residual)))
    if row.name in UNFINISHED and s.residual > BOUND:
        return
    assert s.residual <= BOUND
    o = exact(row)
    close(s.singular_values, o.singular_values[:COMPONENTS], VALUES)
    assert s.rank == min(o.rank(), COMPONENTS)
    check_vectors(s, row.features - o.mean)
    if defined(row, COMPONENTS) and s.rank > 0:
        q = dk.transferability(s, jnp.asarray(row.labels), num_classes=10)
        expected = disco(row.features, row.labels, num_classes=10, components=COMPONENTS)
        close(jnp.sum(r * q), expected.score, SCORE)


def check_vectors(s, centred):
    """Orthonormal and oriented up to the rank; T = Xc V, formed in three float32 products."""
    d, rank = centred.shape[1], int(s.rank)
    basis, eps = np.asarray(s.basis, np.float64), 3 * rounding("float32", d)
    within(basis[:, :rank].T @ basis[:, :rank], np.eye(rank), eps)
    assert np.all(basis[np.argmax(abs(basis), axis=0), np.arange(basis.shape[1])][:rank] > 0)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    within(s.coordinates, centred @ basis, eps * (lengths + lengths.mean()))


@methods
@over([row for row in ROWS if row.name in ("big-gapped-1", "big-low-rank")])
def test_without_x64(row, method):
    with jax.enable_x64(False):
        s = leading(row.features, method)
        again = leading(row.features, method)
    identical(s, again)
    assert s.residual <= BOUND
    close(s.singular_values, exact(row).singular_values[:COMPONENTS], VALUES)
    check_vectors(s, row.features - exact(row).mean)


@methods
def test_passes(method):
    """One cycle, 3 rounds of 32 columns, where values decay, and more on flat noise."""
    rounds = {row.name: int(leading(row.features, method).rounds) for row in ROWS}
    for kind in ("power-1", "power-1.5", "exponential"):
        assert rounds[f"big-{kind}"] == rounds[f"broad-{kind}"] == 3
    assert rounds["big-flat"] > 3
    assert rounds["broad-flat"] > 3
    if method == "krylov":
        for row in ROWS:
            (n, d), m = row.shape, min(row.shape)
            full = 2 * n * d * m + 20 * m**3
            assert rounds[row.name] <= full / (4 * n * d * COMPONENTS) + 3


@methods
@pytest.mark.parametrize("kind", ["mask", "integer", "real"])
def test_weights(kind, method):
    x, w = GAPPED.features, np.random.default_rng(0).uniform(size=1200)
    w = {"mask": w < 0.7, "integer": np.floor(3 * w), "real": w}[kind]
    w = w.astype(np.float32)
    s, o = leading(x, method, where=jnp.asarray(w)), oracle.spectrum(x, weights=w)
    assert s.rounds > 0
    assert s.residual <= BOUND
    close(s.singular_values, o.singular_values[:COMPONENTS], VALUES)
    close(dk.proportions(s), proportions(o.singular_values[:COMPONENTS], 8), SHARES)
    check_vectors(s, np.where((w > 0)[:, None], x - o.mean, 0))


@methods
@named("big-gapped-1", "big-low-rank", "big-flat")
def test_padding(row, method):
    """Zero columns and masked rows, which may hold anything, change nothing."""
    padded = np.pad(row.features, ((0, 80), (0, 80)))
    padded[1200:] = np.nan
    s = leading(padded, method, where=jnp.arange(1280) < 1200, width=jnp.int32(320))
    plain = leading(row.features, method)
    assert (s.kept, s.rank, s.rounds) == (plain.kept, plain.rank, plain.rounds)
    assert s.residual <= BOUND
    close(s.singular_values, plain.singular_values, VALUES)
    assert not np.any(s.basis[320:])
    assert not np.any(s.coordinates[1200:])
    if row is GAPPED:
        within(s.basis[:320], plain.basis, 1e-3)


@named("big-gapped-1", "big-low-rank")
def test_other_input_dtypes(row):
    narrow = jnp.asarray(row.features).astype(jnp.bfloat16)
    identical(leading(narrow, "krylov"), leading(narrow.astype(jnp.float32), "krylov"))
    s = leading(row.features.astype(np.float64), "gram")
    assert s.basis.dtype == jnp.float64
    assert s.residual <= BOUND
    close(s.singular_values, exact(row).singular_values[:COMPONENTS], VALUES)


@methods
def test_a_stack_of_different_difficulty(method):
    """Under vmap a model that has converged waits for the others, unchanged."""
    rows = [problem(f"big-{kind}") for kind in ("exponential", "flat", "low-rank")]
    stacked = jax.vmap(lambda x: leading(x, method))(jnp.stack([row.features for row in rows]))
    for i, row in enumerate(rows):
        s, alone = jax.tree.map(lambda leaf, i=i: leaf[i], stacked), leading(row.features, method)
        assert s.rounds == alone.rounds
        assert s.residual <= BOUND
        close(s.singular_values, alone.singular_values, VALUES)
        check_vectors(s, row.features - exact(row).mean)


def test_a_full_factorisation_where_it_costs_less():
    """By itself, or where a truncated method was asked for but k is not small against min(n, d)."""
    x = GAPPED.features[:, :64]
    for method in ("auto", "gram", "krylov"):
        s = leading(x, method)
        assert (s.rounds, s.residual) == (0, 0)
    assert leading(GAPPED.features, "auto").rounds > 0
    assert leading(GAPPED.features, "auto", components=128).rounds == 0
