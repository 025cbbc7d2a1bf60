"""The oracle of k-NN: by hand, by repeated rows, against scikit-learn."""

import numpy as np
import pytest
import threadpoolctl

from .. import problems
from ..closeness import close
from .knn import knn


def test_knn_by_hand():
    x, y = np.array([0.0, 1, 3, 6, 10])[:, None], np.array([0, 0, 1, 1, 1])
    # nearest: 1 -> right, 0 -> right, 1 (2 away) -> wrong, 3 -> right, 6 -> right
    assert knn(x, y, k=1) == 0.8
    # row 0: [1, 3] tie, the nearer wins: 0, right; row 1: [0, 3]: right; row 2: [1, 6 or 0] of
    # equal distance, the earlier: 0, wrong; row 3: [3, 10]: right; row 4: [6, 3]: right
    assert knn(x, y, k=2) == 0.8
    # three votes: 0 1 1, 0 1 1, 0 0 1, 1 1 0, 1 1 0
    assert knn(x, y, k=3) == 0.4
    # all the others there are: 0 1 1 1, ..., 0 0 1 1 with the nearest 0, 0 0 1 1 nearest 1
    assert knn(x, y, k=4) == knn(x, y, k=99) == 0.4
    assert knn(x[:2], [0, 0], k=1) == 1.0
    assert knn(x[:1], [0]) == 0.0  # nobody to ask
    close(knn(x[:3], targets=[0.0, 2, 4], k=1), 1 - (4 + 4 + 4) / 8)
    close(knn(x[:3], targets=[0.0, 2, 4], k=2), 1 - (9 + 0 + 9) / 8)
    assert knn(x, targets=np.ones(5)) == 0.0


def test_knn_duplicated_rows_are_neighbours_and_copies_are_not():
    x, y = np.array([0.0, 0, 5, 5.5])[:, None], np.array([0, 0, 1, 0])
    assert knn(x, y, k=1) == 0.5  # the two equal rows find each other
    weights = np.array([2, 0, 1, 1])  # row 0 twice instead: its nearest is row 2
    assert knn(x, y, k=1, weights=weights) == 0.0
    assert knn(x, y, k=2, weights=weights) == (0 + 0 + 0) / 4
    # row 0 (counts twice): 5 and 5.5 tie, the nearer is of class 1: wrong; row 2: 5.5 of class 0,
    # wrong; row 3: [5, 0, 0], two of three votes for class 0: right
    assert knn(x, y, k=3, weights=weights) == 1 / 4
    assert knn(x, y, k=3, weights=weights.astype(bool)) == knn(x[[0, 2, 3]], y[[0, 2, 3]], k=3)
    t = np.array([1.0, 9, 2, 4])
    error = 2 * (1 - 3) ** 2 + (2 - 5 / 2) ** 2 + (4 - 3 / 2) ** 2
    total = np.sum((np.array([1, 1, 2, 4]) - 2.0) ** 2)
    close(knn(x, targets=t, k=2, weights=weights), 1 - error / total)


@pytest.mark.parametrize("k", [1, 2, 5])
@pytest.mark.parametrize("task", ["classes", "targets"])
def test_weighted_knn_is_that_of_the_repeated_rows(k, task):
    """Every sample once with its copies spread out; those of the same origin infinitely far."""
    x, y, b = problems.problem("wide-flat").arrays
    x = np.round(4 * x[:, :3].astype(np.float64))  # many equal distances
    rng = np.random.default_rng(0)
    weights = np.bincount(rng.integers(60, size=60), minlength=60)
    origin = np.repeat(np.arange(60), weights)
    distances = np.linalg.norm(x[origin, None] - x[origin], axis=2)
    distances[origin[:, None] == origin] = np.inf
    nearest = np.argsort(distances, axis=1, kind="stable")[:, :k]
    if task == "targets":
        t = b.astype(np.float64)[origin]
        error = np.sum((t - t[nearest].mean(axis=1)) ** 2)
        expected = 1 - error / np.sum((t - t.mean(axis=0)) ** 2)
        close(knn(x, targets=b, k=k, weights=weights), expected)
        return
    right = 0
    for i, own in enumerate(y[origin]):
        votes = np.bincount(y[origin[nearest[i]]], minlength=5)
        tied = np.flatnonzero(votes == votes.max())
        right += own == next(c for c in y[origin[nearest[i]]] if c in tied)
    close(knn(x, y, k=k, weights=weights), right / 60)


def test_knn_half_votes():
    """Weight 0.5 of everybody: k copies are 2k rows."""
    x, y, b = problems.problem("wide-power-1").arrays
    halves = np.full(60, 0.5)
    close(knn(x, y, k=2, weights=halves), knn(x, y, k=4))
    close(knn(x, targets=b, k=2, weights=halves), knn(x, targets=b, k=4))


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_knn_is_scikit_learn_without_one_sample(metric):
    """Two classes and odd k, so that no vote is tied; then five classes without a vote."""
    neighbors = pytest.importorskip("sklearn.neighbors")
    metrics = pytest.importorskip("sklearn.metrics")
    x, y, b = problems.problem("wide-power-1").arrays
    x, b = x.astype(np.float64), b.astype(np.float64)

    def guesses(model, goals):
        rest = ~np.eye(60, dtype=bool)
        return [model.fit(x[rest[i]], goals[rest[i]]).predict(x[[i]])[0] for i in range(60)]

    options = {"algorithm": "brute", "metric": metric}
    with threadpoolctl.threadpool_limits(1):
        for k, labels in ((3, y // 3), (5, y // 3), (1, y)):
            guessed = guesses(neighbors.KNeighborsClassifier(k, **options), labels)
            close(knn(x, labels, k=k, metric=metric), np.mean(guessed == labels))
        guessed = guesses(neighbors.KNeighborsRegressor(4, **options), b)
    expected = metrics.r2_score(b, guessed, multioutput="variance_weighted")
    close(knn(x, targets=b, k=4, metric=metric), expected)


def test_knn_cosine():
    x, y, _ = problems.problem("wide-power-1").arrays
    sizes = 2.0 ** (np.arange(60) % 5)[:, None]
    assert knn(sizes * x, y, metric="cosine") == knn(x, y, metric="cosine")
    rays = np.array([[1.0, 0], [5, 1], [-3, 0], [-1, -0.1], [0, 0]])
    # a row of zeros is at distance 1 of all: nearer than the opposite, and the first row is its own
    assert knn(rays, [0, 0, 1, 1, 0], k=1, metric="cosine") == 1.0
