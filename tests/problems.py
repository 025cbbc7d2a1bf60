"""The one table of problems: float32 features with class structure, int32 labels, float32 targets.

Few shapes, so that a kernel compiles once for many rows; the start of a name tells the shape.
Class means lie in the leading directions: with random labels every solver looks exact. A `gapped`
spectrum keeps its first 129 values 1e-3 of the largest apart, so that scores may be compared.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np


def power(exponent):
    return lambda k: np.arange(1.0, k + 1) ** -exponent


def exponential(k):
    return 10.0 ** np.linspace(0, -6, k)


def tied(k):
    return np.ones(k)


def dominant(k):
    return np.where(np.arange(k) == 0, 100.0, np.linspace(1.5, 0.5, k))


def gapped(exponent):
    return lambda k: power(exponent)(k) + 1.3e-3 * np.maximum(129 - np.arange(k), 0)


def structured(rng, labels, values, columns, mean=0.0):
    """(n, columns) U diag(values) V^T + mean: U of class means and noise, centred; V random.

    At most min(n - 1, columns) values; they are the singular values of the centred matrix.
    """
    means = 0.6 * rng.normal(size=(labels.max() + 1, len(values)))
    raw = means[labels] + rng.normal(size=(len(labels), len(values)))
    left = np.linalg.qr(raw - raw.mean(axis=0))[0]
    right = np.linalg.qr(rng.normal(size=(columns, len(values))))[0]
    return left * values @ right.T + mean + rng.normal(size=columns)


def spectral(law, mean=0.0, spread=6.0):
    """Features whose spectrum follows a law; spread is the root mean square |x_i - mean|."""

    def build(rng, labels, columns):
        values = law(min(len(labels) - 1, columns))
        values = values * spread * np.sqrt(len(labels)) / np.linalg.norm(values)
        return structured(rng, labels, values, columns, mean)

    return build


def flat(rng, labels, columns):
    """White noise around class means."""
    means = rng.normal(size=(labels.max() + 1, columns)) / np.sqrt(columns)
    return 0.3 * rng.normal(size=(len(labels), columns)) + 1.5 * means[labels]


def low_rank(rng, labels, columns, rank=20):
    """Rank 20 in float32 too: the product of two small matrices of few bits is exact."""
    left = np.round(16 * spectral(gapped(0.5))(rng, labels, rank)) / 16
    return left @ rng.integers(-2, 3, size=(rank, columns)) / 8


def duplicated_columns(rng, labels, columns):
    return np.tile(spectral(gapped(1.0))(rng, labels, columns // 2), 2)


def constant_columns(rng, labels, columns):
    features = spectral(gapped(1.0))(rng, labels, columns)
    features[:, ::8] = 7.3
    return features


def constant(rng, labels, columns):
    return np.tile(rng.normal(size=columns), (len(labels), 1))


def balanced(n, classes):
    return np.arange(n) % classes


def empty_class(n, classes):
    return np.where(balanced(n, classes) == 3, 1, balanced(n, classes))


def lone_samples(n, classes):
    """The last two classes have one sample each."""
    return np.concatenate([balanced(n - 2, classes - 2), [classes - 2, classes - 1]])


def one_class(n, classes):
    return np.full(n, classes // 2)


def imbalanced(n, classes):
    """Nine tenths in class 0, the others down to one in a hundred."""
    return np.searchsorted(n * np.array([0.9, 0.96, 0.98, 0.99]), np.arange(n), side="right")


@dataclass(frozen=True)
class Problem:
    name: str
    shape: tuple[int, int]
    build: Callable
    assign: Callable = balanced
    num_classes: int = 5

    @cached_property
    def arrays(self):
        """(features (n, d) float32, labels (n,) int32, targets (n, 2) float32), read-only."""
        rng = np.random.default_rng(zlib.crc32(self.name.encode()))
        labels = rng.permutation(self.assign(self.shape[0], self.num_classes)).astype(np.int32)
        features = self.build(rng, labels, self.shape[1]).astype(np.float32)
        targets = rng.normal(size=(self.num_classes, 2))[labels]
        targets = (targets + 0.5 * rng.normal(size=targets.shape) + 2.0).astype(np.float32)
        for array in (features, labels, targets):
            array.flags.writeable = False
        return features, labels, targets

    features = property(lambda self: self.arrays[0])
    labels = property(lambda self: self.arrays[1])
    targets = property(lambda self: self.arrays[2])


SHAPES = {"tall": (300, 64), "square": (96, 96), "wide": (60, 160), "big": (1200, 320)}
EVERY_SHAPE = {
    "flat": flat,
    "power-0.5": spectral(power(0.5)),
    "power-1": spectral(power(1.0)),
    "power-1.5": spectral(power(1.5)),
    "exponential": spectral(exponential),
    "gapped-0.5": spectral(gapped(0.5)),
    "gapped-1": spectral(gapped(1.0)),
    "gapped-1.5": spectral(gapped(1.5)),
    "dominant": spectral(dominant, spread=30.0),
    "low-rank": low_rank,
}
PROBLEMS = (
    *(
        Problem(f"{size}-{kind}", shape, build, num_classes=10 if size == "big" else 5)
        for size, shape in SHAPES.items()
        for kind, build in EVERY_SHAPE.items()
    ),
    Problem("tall-tied", SHAPES["tall"], spectral(tied)),
    Problem("tall-offset", SHAPES["tall"], spectral(gapped(1.0), mean=1e3, spread=8.0)),
    Problem("wide-offset", SHAPES["wide"], spectral(gapped(1.0), mean=1e3, spread=160**0.5)),
    Problem("tall-duplicated-columns", SHAPES["tall"], duplicated_columns),
    Problem("tall-constant-columns", SHAPES["tall"], constant_columns),
    Problem("tall-constant", SHAPES["tall"], constant),
    Problem("tall-empty-class", SHAPES["tall"], spectral(gapped(1.0)), empty_class),
    Problem("tall-lone-samples", SHAPES["tall"], spectral(gapped(1.0)), lone_samples),
    Problem("tall-one-class", SHAPES["tall"], spectral(gapped(1.0)), one_class),
    Problem("tall-imbalanced", SHAPES["tall"], spectral(gapped(1.0)), imbalanced),
    Problem("wide-lone-samples", SHAPES["wide"], spectral(gapped(1.0)), lone_samples),
    Problem("wide-all-alone", SHAPES["wide"], spectral(gapped(1.0)), num_classes=60),
    Problem("column-normal", (50, 1), flat),
    Problem("column-constant", (50, 1), constant),
)


def problem(name):
    """The row of that name."""
    return next(row for row in PROBLEMS if row.name == name)


def boundary_gaps(singular_values, groups=8, components=128, gap=1e-3, null=1e-6):
    """Whether the subspaces of all groups are defined, given all min(n, d) singular values.

    True where s_j - s_{j+1} > gap s_1 at the end of every group and at the cut. A boundary among
    null values, s_j <= null s_1, counts as kept apart: those directions carry nothing.
    """
    values = np.asarray(singular_values, dtype=np.float64)
    k = min(components, len(values))
    size = k // min(groups, k)
    last = np.array([end for end in {*range(size, k + 1, size), k} if end < len(values)], dtype=int)
    apart = values[last - 1] - values[last] > gap * values[0]
    return bool(np.all(apart | (values[last - 1] <= null * values[0])))
