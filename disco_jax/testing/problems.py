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

Law = Callable[[int], np.ndarray]  # how many -> that many singular values
Build = Callable[[np.random.Generator, np.ndarray, int], np.ndarray]  # labels, columns -> features
Assign = Callable[[int, int], np.ndarray]  # samples, classes -> labels


def power(exponent: float) -> Law:
    """Values that fall with a power of their place."""
    return lambda k: np.arange(1.0, k + 1) ** -exponent


def exponential(k: int) -> np.ndarray:
    """From 1 down to 1e-6."""
    return 10.0 ** np.linspace(0, -6, k)


def tied(k: int) -> np.ndarray:
    """All equal."""
    return np.ones(k)


def dominant(k: int) -> np.ndarray:
    """One far above the others."""
    return np.where(np.arange(k) == 0, 100.0, np.linspace(1.5, 0.5, k))


def gapped(exponent: float) -> Law:
    """A power, with the first 129 values kept apart."""
    return lambda k: power(exponent)(k) + 1.3e-3 * np.maximum(129 - np.arange(k), 0)


def structured(
    rng: np.random.Generator,
    labels: np.ndarray,
    values: np.ndarray,
    columns: int,
    mean: float = 0.0,
) -> np.ndarray:
    """(n, columns) U diag(values) V^T + mean: U of class means and noise, centred; V random.

    At most min(n - 1, columns) values; they are the singular values of the centred matrix.
    """
    means = 0.6 * rng.normal(size=(labels.max() + 1, len(values)))
    raw = means[labels] + rng.normal(size=(len(labels), len(values)))
    left = np.linalg.qr(raw - raw.mean(axis=0))[0]
    right = np.linalg.qr(rng.normal(size=(columns, len(values))))[0]
    found: np.ndarray = left * values @ right.T + mean + rng.normal(size=columns)
    return found


def spectral(law: Law, mean: float = 0.0, spread: float = 6.0) -> Build:
    """Features whose spectrum follows a law; spread is the root mean square |x_i - mean|."""

    def build(rng: np.random.Generator, labels: np.ndarray, columns: int) -> np.ndarray:
        values = law(min(len(labels) - 1, columns))
        values = values * spread * np.sqrt(len(labels)) / np.linalg.norm(values)
        return structured(rng, labels, values, columns, mean)

    return build


def flat(rng: np.random.Generator, labels: np.ndarray, columns: int) -> np.ndarray:
    """White noise around class means."""
    means = rng.normal(size=(labels.max() + 1, columns)) / np.sqrt(columns)
    noise = rng.normal(size=(len(labels), columns))
    found: np.ndarray = 0.3 * noise + 1.5 * means[labels]
    return found


def low_rank(
    rng: np.random.Generator, labels: np.ndarray, columns: int, rank: int = 20
) -> np.ndarray:
    """Rank 20 in float32 too: the product of two small matrices of few bits is exact."""
    left = np.round(16 * spectral(gapped(0.5))(rng, labels, rank)) / 16
    found: np.ndarray = left @ rng.integers(-2, 3, size=(rank, columns)) / 8
    return found


def duplicated_columns(rng: np.random.Generator, labels: np.ndarray, columns: int) -> np.ndarray:
    """The second half of the columns is the first."""
    return np.tile(spectral(gapped(1.0))(rng, labels, columns // 2), 2)


def constant_columns(rng: np.random.Generator, labels: np.ndarray, columns: int) -> np.ndarray:
    """Every eighth column is one number."""
    features = spectral(gapped(1.0))(rng, labels, columns)
    features[:, ::8] = 7.3
    return features


def constant(rng: np.random.Generator, labels: np.ndarray, columns: int) -> np.ndarray:
    """All samples are one."""
    return np.tile(rng.normal(size=columns), (len(labels), 1))


def balanced(n: int, classes: int) -> np.ndarray:
    """As many samples of each class."""
    return np.arange(n) % classes


def empty_class(n: int, classes: int) -> np.ndarray:
    """None of class 3."""
    return np.where(balanced(n, classes) == 3, 1, balanced(n, classes))


def lone_samples(n: int, classes: int) -> np.ndarray:
    """The last two classes have one sample each."""
    return np.concatenate([balanced(n - 2, classes - 2), [classes - 2, classes - 1]])


def one_class(n: int, classes: int) -> np.ndarray:
    """All samples of one class."""
    return np.full(n, classes // 2)


def imbalanced(n: int, classes: int) -> np.ndarray:
    """Nine tenths in class 0, the others down to one in a hundred."""
    return np.searchsorted(n * np.array([0.9, 0.96, 0.98, 0.99]), np.arange(n), side="right")


@dataclass(frozen=True)
class Problem:
    """One row: what it is called, its shape, and how it is made."""

    name: str
    shape: tuple[int, int]
    build: Build
    assign: Assign = balanced
    num_classes: int = 5

    @cached_property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(features (n, d) float32, labels (n,) int32, targets (n, 2) float32), read-only."""
        rng = np.random.default_rng(zlib.crc32(self.name.encode()))
        labels = rng.permutation(self.assign(self.shape[0], self.num_classes)).astype(np.int32)
        features = self.build(rng, labels, self.shape[1]).astype(np.float32)
        targets = rng.normal(size=(self.num_classes, 2))[labels]
        targets = (targets + 0.5 * rng.normal(size=targets.shape) + 2.0).astype(np.float32)
        for array in (features, labels, targets):
            array.flags.writeable = False
        return features, labels, targets

    @property
    def features(self) -> np.ndarray:
        """(n, d)."""
        return self.arrays[0]

    @property
    def labels(self) -> np.ndarray:
        """(n,)."""
        return self.arrays[1]

    @property
    def targets(self) -> np.ndarray:
        """(n, 2)."""
        return self.arrays[2]


SHAPES = {"tall": (300, 64), "square": (96, 96), "wide": (60, 160), "big": (1200, 320)}
EVERY_SHAPE: dict[str, Build] = {
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


def problem(name: str) -> Problem:
    """The row of that name."""
    return next(row for row in PROBLEMS if row.name == name)
