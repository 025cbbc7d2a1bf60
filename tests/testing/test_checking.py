"""`check_metric`: a good kernel passes, and one that breaks one property is caught at just that."""

import jax
import jax.numpy as jnp
import pytest

import disco_kernels as dk
from disco_jax.testing import check_metric
from disco_jax.testing.checking import PROPERTIES


def between(x, w, labels, num_classes, fewest=1.0):
    """The share of the variance that is between classes, of rows with weights."""
    own = jax.nn.one_hot(labels, num_classes, dtype=x.dtype) * w[:, None]
    x = jnp.where(w[:, None] > 0, x - (w @ x / jnp.sum(w))[None], 0)
    counts = jnp.maximum(jnp.sum(own, 0), fewest)[:, None]
    total = jnp.sum(w[:, None] * x * x)
    return jnp.sum((own.T @ x) ** 2 / counts) / jnp.where(total > 0, total, 1)


def masked(features, where):
    return jnp.where(where[:, None] > 0, features.astype(jnp.float32), 0), where.astype(jnp.float32)


def good(features, labels, *, num_classes, where):
    return between(*masked(features, where), labels, num_classes)


def branches(features, labels, *, num_classes, where):
    score = good(features, labels, num_classes=num_classes, where=where)
    return score if score < 2 else score / 2


def looks_at_the_first(features, labels, *, num_classes, where):
    score = good(features, labels, num_classes=num_classes, where=where)
    return score + features[0, 0].astype(jnp.float32)


def counts_with_labels(features, labels, *, num_classes, where):
    x, w = masked(features, where)
    return between(x, w, labels, num_classes) + jnp.sum(w * labels.astype(w.dtype)) / jnp.sum(w)


def multiplies_by_the_mask(features, labels, *, num_classes, where):
    w = where.astype(jnp.float32)
    x = features.astype(jnp.float32) * jnp.minimum(w, 1)[:, None]
    return between(x, w, labels, num_classes)


def divides_by_columns(features, labels, *, num_classes, where):
    return 64 * good(features, labels, num_classes=num_classes, where=where) / features.shape[1]


def takes_weights_for_a_mask(features, labels, *, num_classes, where):
    return good(features, labels, num_classes=num_classes, where=where > 0)


def leaves_jax(features, labels, *, num_classes, where):
    score = good(features, labels, num_classes=num_classes, where=where)
    return jax.pure_callback(lambda value: value, jax.ShapeDtypeStruct((), jnp.float32), score)


def adds_in_the_dtype_given(features, labels, *, num_classes, where):
    x, w = jnp.where(where[:, None] > 0, features, 0), where.astype(features.dtype)
    return between(x, w, labels, num_classes)


def divides_by_what_is_left(features, labels, *, num_classes, where, width):
    x, w = masked(features, where)
    left = jnp.maximum(jnp.sum(w) - width.astype(w.dtype), 0)
    return between(x, w, labels, num_classes) / left


def divides_by_every_class(features, labels, *, num_classes, where):
    return between(*masked(features, where), labels, num_classes, fewest=0.0)


WRONG = {
    branches: ("jit", "tall-gapped-1: TracerBoolConversionError: "),
    looks_at_the_first: ("order", "tall-gapped-1: score is "),
    counts_with_labels: ("names", "tall-imbalanced: score is "),
    multiplies_by_the_mask: ("padding", "tall-gapped-1: score is nan, not 0."),
    divides_by_columns: ("padding", "tall-gapped-1: score is "),
    takes_weights_for_a_mask: ("weights", "tall-gapped-1: score is "),
    leaves_jax: ("batch", "tall-gapped-1: "),
    adds_in_the_dtype_given: ("dtypes", "tall-gapped-1 in bfloat16: "),
    divides_by_what_is_left: ("few samples", "wide-gapped-1: score is inf"),
    divides_by_every_class: ("degenerate", "tall-empty-class: score is nan"),
}


def test_every_property_is_broken_by_one():
    assert {name for name, _ in WRONG.values()} == PROPERTIES.keys()


@pytest.mark.parametrize("kernel", WRONG, ids=lambda kernel: kernel.__name__)
def test_a_wrong_kernel_is_caught_and_named(kernel):
    name, told = WRONG[kernel]
    with pytest.raises(AssertionError) as caught:
        check_metric(kernel)
    first, *lines = str(caught.value).splitlines()
    assert first == f"{kernel.__name__} breaks 1 of 9 properties"
    (line,) = lines
    assert line.startswith(f"  {name}: on {told}") and line.endswith(PROPERTIES[name][1])


@pytest.mark.parametrize("kernel", [good, dk.stable_rank, dk.lfc])
def test_kernels_that_are_right(kernel):
    check_metric(kernel)


def test_what_is_documented_is_not_held_against_a_kernel():
    check_metric(divides_by_every_class, undefined={"tall-empty-class", "tall-one-class"})
    check_metric(looks_at_the_first, without={"order"})
    with pytest.raises(ValueError, match="without=\\['speed'\\]: there are jit, order"):
        check_metric(good, without={"speed"})


def test_results_that_are_no_score():
    def rows(features, *, where):
        return features[:, 0]

    with pytest.raises(AssertionError, match=r"the score is float32\[300\], no float32\[\]"):
        check_metric(rows)
