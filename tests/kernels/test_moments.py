"""Moments against the oracle, and in parts: chunks, a scan and weights give what the whole gives.

An entry is a sum of n products; what `rounding` is relative to is the same sum of absolute values.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import disco_kernels as dk

from ..oracles.moments import moments as oracle
from ..problems import PROBLEMS
from .table import EPS, SMALL, TALL, close, named, over, rounding, within


def products(centred, targets, member, w):
    """The sums of one pass, from rows less their mean (or the absolute values of these)."""
    square = np.sum(centred**2, axis=1)
    return {
        "gram": centred.T @ (w[:, None] * centred),
        "class_sums": member.T @ (w[:, None] * centred),
        "target_gram": targets.T @ (w[:, None] * targets),
        "cross": centred.T @ (w[:, None] * targets),
        "norm_sums": (w * square) @ centred,
        "fourth": w @ square**2,
    }


def check(found, x, y, b, num_classes, w=None, dtype="float32", merged=False):
    """Every field against the oracle.

    Rows are off by what their mean is off by: a sum of n terms. A merged part is known by its mean
    rounded to the dtype, and the oracle rounds its own mean to float64.
    """
    x, b = np.asarray(x, np.float64), np.asarray(b, np.float64)
    o = oracle(x, y, b, num_classes=num_classes, weights=w)
    w, eps = np.ones(len(x)) if w is None else np.asarray(w, np.float64), rounding(dtype, len(x))
    centred, targets = x - o.mean, b - o.target_mean
    member = (y[:, None] == np.arange(num_classes)).astype(np.float64)
    expected = products(centred, targets, member, w)
    expected |= {"gram": o.gram, "class_sums": o.class_sums, "cross": o.cross}
    expected |= {"fourth": o.fourth_norms}
    last = EPS[dtype if merged else "float64"]
    size = products(abs(centred), abs(targets), member, w)
    pairs = (centred, o.mean), (targets, o.target_mean)
    wide = (abs(a) + eps * abs(a).mean(axis=0) + last * abs(m) for a, m in pairs)
    more = products(*wide, member, w)
    bound = {name: eps * size[name] + more[name] - size[name] for name in size}
    for name, value in expected.items():
        within(getattr(found, name), value, bound[name])
    within(np.trace(found.gram), o.square_norms, np.trace(bound["gram"]))
    within(found.total, o.total, 0)
    within(found.class_counts, o.class_counts, 0)
    within(found.mean, o.mean, eps * abs(centred).mean(axis=0) + EPS[dtype] * abs(o.mean))
    within(found.target_mean, o.target_mean, eps * abs(b).mean(axis=0))
    assert {str(leaf.dtype) for leaf in found} == {dtype}


def arrays(row, part=slice(None), dtype=jnp.float32):
    features, labels, targets = (jnp.asarray(array[part]) for array in row.arrays)
    return features.astype(dtype), labels, targets.astype(dtype)


def of(row, part=slice(None), where=None, dtype=jnp.float32):
    features, labels, targets = arrays(row, part, dtype)
    known = {"num_classes": row.num_classes, "targets": targets, "where": where}
    return dk.moments(features, labels, **known)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@over(PROBLEMS)
def test_against_the_oracle(row, dtype):
    check(of(row, dtype=dtype), *row.arrays, row.num_classes, dtype=dtype)


@over(SMALL)
def test_merged_chunks_are_the_whole(row):
    """Two chunks of unequal size, one of no samples between them, with weights."""
    n = len(row.features)
    third, w = n // 3, (np.arange(n) % 4 / 2).astype(np.float32)
    nothing = of(row, slice(third), jnp.zeros(third, jnp.float32))
    head = of(row, slice(third), jnp.asarray(w[:third]))
    tail = of(row, slice(third, n), jnp.asarray(w[third:]))
    for total in (
        dk.merge(dk.merge(head, nothing), tail),
        dk.merge(dk.merge(nothing, tail), head),
    ):
        check(total, *row.arrays, row.num_classes, w, merged=True)


@named("tall-gapped-1", "tall-offset", "tall-empty-class", "wide-offset", "tall-constant")
def test_a_scan_over_chunks_is_the_whole(row):
    chunks = [array.reshape(5, -1, *array.shape[1:]) for array in map(jnp.asarray, row.arrays)]
    empty = jax.tree.map(jnp.zeros_like, of(row, slice(len(row.features) // 5)))

    @jax.jit
    def summed(chunks):
        def step(total, chunk):
            x, y, b = chunk
            part = dk.moments(x, y, num_classes=row.num_classes, targets=b)
            return dk.merge(total, part), None

        return jax.lax.scan(step, empty, chunks)[0]

    check(summed(chunks), *row.arrays, row.num_classes, merged=True)


@named("tall-gapped-1", "tall-offset", "wide-gapped-1", "column-normal")
def test_integer_weights_are_repeats(row):
    w = np.arange(len(row.features)) % 3
    repeated = [np.repeat(array, w, axis=0) for array in row.arrays]
    for where in (jnp.asarray(w), jnp.asarray(w, jnp.float32)):
        check(of(row, where=where), *repeated, row.num_classes)
    mask = w > 0
    check(of(row, where=jnp.asarray(mask)), *(a[mask] for a in row.arrays), row.num_classes)


@named("tall-gapped-1", "wide-gapped-1", "column-constant")
def test_from_a_spectrum_they_are_those_of_rotated_features(row):
    """Of n < d the mean has a part outside the span; of n > d no direction is left for one."""
    w = np.arange(len(row.features)) % 3
    features, labels, targets = arrays(row)
    s = dk.spectrum(features, where=jnp.asarray(w))
    known = {"num_classes": row.num_classes, "targets": targets, "where": jnp.asarray(w)}
    found = dk.moments_from_spectrum(s, labels, **known)
    mean, basis = (np.asarray(array, np.float64) for array in (s.mean, s.basis))
    outside = mean - basis @ (basis.T @ mean)
    length = np.linalg.norm(outside)
    rest = outside / length if length > 1e-6 * np.linalg.norm(mean) else np.zeros_like(outside)
    turned = row.features @ np.column_stack([basis, rest])
    o = oracle(turned, row.labels, row.targets, num_classes=row.num_classes, weights=w)
    for name in ("total", "mean", "gram", "class_counts", "class_sums", "target_mean", "cross"):
        close(getattr(found, name), getattr(o, name))
    close(np.trace(found.gram), o.square_norms)
    close(found.fourth, o.fourth_norms)


def test_rows_of_weight_zero_may_hold_anything():
    features, labels, targets = (array.copy() for array in TALL.arrays)
    features[::3], labels[::3], targets[::3] = np.nan, 99, np.inf
    absent = jnp.arange(len(labels)) % 3 == 0
    known = {"num_classes": 5, "where": ~absent}
    found = dk.moments(jnp.asarray(features), jnp.asarray(labels), targets=targets, **known)
    expected = of(TALL, where=~absent)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_label_out_of_range_is_in_no_class():
    labels = np.where(TALL.labels == 4, -1, np.where(TALL.labels == 3, 7, TALL.labels))
    found = dk.moments(TALL.features, jnp.asarray(labels, jnp.int32), num_classes=5)
    whole = of(TALL)
    np.testing.assert_array_equal(found.class_counts, whole.class_counts.at[3:].set(0))
    np.testing.assert_array_equal(found.class_sums, whole.class_sums.at[3:].set(0))
    np.testing.assert_array_equal(found.gram, whole.gram)


def test_fields_that_were_not_asked_for_are_empty():
    found = dk.moments(TALL.features)
    assert found.class_sums.shape == (0, 64)
    assert found.cross.shape == (64, 0)
    np.testing.assert_array_equal(found.gram, of(TALL).gram)
    one = dk.moments(TALL.features, targets=jnp.asarray(TALL.targets[:, 0]))
    close(one.cross, of(TALL).cross[:, :1], rounding("float32", 300))


def test_no_samples_give_zeros():
    nothing = of(TALL, where=jnp.zeros(300, bool))
    assert all(not np.any(leaf) for leaf in jax.tree.leaves(nothing))


def step_memory(rows, d, classes):
    shapes = (
        jax.eval_shape(lambda x, y: dk.moments(x, y, num_classes=classes), *chunk(2, d)),
        *chunk(rows, d),
    )

    def step(total, x, y):
        return dk.merge(total, dk.moments(x, y, num_classes=classes))

    return jax.jit(step).lower(*shapes).compile().memory_analysis().temp_size_in_bytes


def chunk(rows, d):
    return jax.ShapeDtypeStruct((rows, d), jnp.float32), jax.ShapeDtypeStruct((rows,), jnp.int32)


def test_memory_of_a_step_is_that_of_its_sums():
    """O(d^2 + C d) numbers and five tiles of 2^20, whether a chunk has 2^16 rows or 2^20.

    A tile is read, centred, weighted, multiplied and squared. Four numbers of each of the sums: of
    the total, the chunk, the chunk recentred, and one spare.
    """
    d, classes = 512, 100
    few, many = (step_memory(rows, d, classes) for rows in (2**16, 2**20))
    assert many <= 4 * (4 * (d * d + classes * d) + 5 * 2**20)
    assert many <= 1.01 * few + 4 * (2**20 - 2**16)  # a weight for each row
