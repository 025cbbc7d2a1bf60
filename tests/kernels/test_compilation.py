"""How often kernels compile, and how much memory they take beside the features."""

import jax
import jax.numpy as jnp
import numpy as np

import disco_kernels as dk

N, CLASSES = 100, 5
WIDTHS = (16, 24, 32, 48)


def hub():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, CLASSES, N)
    return [rng.normal(size=(N, WIDTHS[i % 4])).astype(np.float32) for i in range(40)], labels


def test_four_widths_compile_at_most_four_times():
    models, labels = hub()
    dk.disco.clear_cache()
    for features in models:
        dk.disco(features, labels, num_classes=CLASSES)
    assert dk.disco._cache_size() <= 4


def test_padded_to_one_width_they_compile_once():
    models, labels = hub()
    dk.disco.clear_cache()
    for features in models:
        width = features.shape[1]
        padded = np.pad(features, ((0, 0), (0, WIDTHS[-1] - width)))
        ours = dk.disco(padded, labels, num_classes=CLASSES, width=jnp.asarray(width)).score
        assert np.isfinite(ours)
    assert dk.disco._cache_size() == 1


def extra(kernel, *shapes, **options):
    with jax.enable_x64(False):
        compiled = kernel.lower(*shapes, **options).compile()
    return compiled.memory_analysis().temp_size_in_bytes


def test_memory_stays_below_half_the_features():
    n, d, classes = 50_000, 2048, 1000
    features = jax.ShapeDtypeStruct((n, d), jnp.float32)
    labels = jax.ShapeDtypeStruct((n,), jnp.int32)
    for method in ("krylov", "full"):
        used = extra(dk.disco, features, labels, num_classes=classes, method=method)
        assert used < n * d * 4 / 2, (method, used)


def test_moments_of_a_chunk_take_no_second_copy_of_it():
    """A million rows of 2048 are summarised chunk by chunk: d^2 + C d numbers and some tiles."""
    n, d, classes = 50_000, 2048, 100
    features = jax.ShapeDtypeStruct((n, d), jnp.float32)
    labels = jax.ShapeDtypeStruct((n,), jnp.int32)
    used = extra(dk.moments, features, labels, num_classes=classes)
    assert used < 4 * (8 * d * d + 2 * classes * d + 4 * 2**20), used
