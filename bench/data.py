"""Features with class structure; with random labels every solver looks exact.

In a rotated basis, sample i of class c has coordinate j

    z_ij = noise_j e_ij + signal_j m_cj,      e, m ~ N(0, 1),

and the features are `Z Q + mean` with one orthogonal Q and a positive mean of the size of the
features themselves.  Two kinds:

    power   noise_j = 10 j^-0.7, signal_j = 3 j^-0.5: as of a pre-trained backbone, a long tail in
            which the classes fade more slowly than the noise, so that every group of components
            carries some of them
    flat    noise_j = 1, signal_j = 0.2: the classes over white noise, no gap to converge on,
            the worst case of a truncated solver

The labels do not depend on the seed: models of one hub see the same data.  Classes are as equal in
size as n allows, in random order.  Memory: the features and one tile.
"""

import functools

import numpy as np

TILE = 4096

KINDS = {
    "power": lambda j: (10.0 * j**-0.7, 3.0 * j**-0.5),
    "flat": lambda j: (np.full_like(j, 1.0), np.full_like(j, 0.2)),
}


def make(
    n: int, d: int, classes: int, seed: int, kind: str = "power"
) -> tuple[np.ndarray, np.ndarray]:
    """Features (n, d) float32 and labels (n,) int32; the same for the same arguments."""
    rng = np.random.default_rng(seed)
    noise, signal = KINDS[kind](np.arange(1, d + 1, dtype=np.float32))
    labels = np.random.default_rng(classes).permutation(n).astype(np.int32) % classes
    centres = signal * rng.standard_normal((classes, d), dtype=np.float32)
    mean = 0.5 * np.abs(rng.standard_normal(d, dtype=np.float32))
    features = rng.standard_normal((n, d), dtype=np.float32)
    for start in range(0, n, TILE):
        rows = slice(start, start + TILE)
        features[rows] = (noise * features[rows] + centres[labels[rows]]) @ _rotation(d) + mean
    return features, labels


@functools.lru_cache(maxsize=1)
def _rotation(d: int) -> np.ndarray:
    """One orthogonal (d, d) matrix, shared by the models of a hub."""
    return np.linalg.qr(np.random.default_rng(d).standard_normal((d, d), dtype=np.float32))[0]
