"""The oracles of the pairwise metrics: by hand, against SciPy, on a line."""

import numpy as np
from scipy.optimize import linprog
from scipy.special import digamma
from scipy.stats import spearmanr

from .. import problems
from ..closeness import close
from .concept_variance import concept_variance
from .interclass_distance import interclass_distance
from .otce import coupling, otce
from .parc import parc
from .tmi import tmi, tmi_variance


def test_parc_is_spearman_of_scipy():
    x, y, _ = problems.problem("tall-power-0.5").arrays
    x, y = x[:80].astype(np.float64), y[:80]
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    above = np.triu_indices(80, 1)
    distances = (1 - np.corrcoef(z))[above]
    other = (y[:, None] != y)[above]
    expected = spearmanr(distances, other).statistic
    close(parc(x, y, num_classes=5), 100 * expected)
    several = np.stack([y, y % 2 + 6, y % 3], axis=1)
    expected = spearmanr(distances, np.round((1 - np.corrcoef(several))[above], 12)).statistic
    close(parc(x, several, num_classes=5), 100 * expected)
    one_hot = np.eye(5)[y]  # its label rows have but two distances
    close(parc(x, one_hot, num_classes=5), parc(x, y, num_classes=5))
    z = (x - x.mean(axis=0)) @ np.linalg.svd(x - x.mean(axis=0))[2][:32].T
    z = z * np.where(z.max(axis=0) > -z.min(axis=0), 1.0, -1.0)
    close(parc(x, y, num_classes=5, pca=32), parc(z, y, num_classes=5))
    assert parc(x[:, :1], y, num_classes=5) == 0
    assert parc(x[:2], y[:2], num_classes=5) == 0


def test_distances_by_hand():
    x, y = np.array([[0.0, 0], [3, 4], [0, 8], [6, 8]]), np.array([0, 0, 1, 3])
    close(interclass_distance(x, y, num_classes=4), ((8 + 5) / 2 + (10 + 5) / 2 + 6) / 3)
    weights = [1.0, 0.5, 1, 0]
    close(interclass_distance(x, y, num_classes=4, weights=weights), (8 + 5 / 2) / 1.5)
    scaled = x / [6, 8]
    root, total = np.sqrt(2), 0.0
    for i in range(4):
        near = np.zeros(4)
        for j in range(4):
            distance = np.linalg.norm(scaled[i] - scaled[j])
            near[j] = 2 ** (-2 * distance / max(root - distance, 1e-9)) if j != i else 0
        total += near @ (y != y[i]) / near.sum()
    close(concept_variance(x, y, num_classes=4), -total / 4)
    corners = np.array([[0.0], [1.0]])
    assert concept_variance(corners, [0, 1], num_classes=2) == -1  # 2^(-2e9), but no 0/0


def test_tmi_by_hand():
    x = np.array([[0.0, 0], [1, 3], [2, -1], [4, 0], [9, 9], [9, 8], [20, 20]])
    y = np.array([0, 0, 0, 0, 2, 2, 5])
    third = np.array([4.0, 4, 4, 4])  # max norms from 0: 3 2 4, 1: 3 4 3, 2: 2 4 2, 3: 4 3 2
    h = digamma(4) - digamma(3) + 2 * np.mean(np.log(2 * third))
    close(tmi(x, y, num_classes=6), h)
    close(tmi(x, y, num_classes=6, compat="published"), 4 / 7 * h / 2)  # the lone one as 0
    floored = digamma(4) - digamma(3) + 2 * np.log(2)
    close(tmi(0.1 * x, y, num_classes=6, compat="published"), 4 / 7 * floored / 2)
    first = np.array([2.0, 3, 2, 2])
    h = digamma(4) - digamma(1) + 2 * np.mean(np.log(2 * first))
    pair = digamma(2) - digamma(1) + 2 * np.log(2)
    close(tmi(x, y, num_classes=6, k=1), (4 * h + 2 * pair) / 6)
    close(tmi(x, y, num_classes=6, floor=5.0), digamma(4) - digamma(3) + 2 * np.log(10))
    rng = np.random.default_rng(0)
    flat = rng.uniform(0, 3, size=(800, 2))  # of entropy ln 9
    close(tmi(flat, np.zeros(800, int), num_classes=1), np.log(9), rtol=0.05)
    within = [x[y == c].var(axis=0).sum() * np.sum(y == c) / 7 for c in (0, 2, 5)]
    close(tmi_variance(x, y, num_classes=6), np.sum(within))


def test_otce_on_a_line_and_both_solvers():
    """On a line the optimal coupling joins the sorted samples."""
    rng = np.random.default_rng(0)
    source, target = rng.normal(size=(12, 1)), rng.normal(size=(12, 1)) + 1
    s, y = rng.integers(3, size=12), rng.integers(2, size=12)
    found = otce(target, y, source, s)
    by_size = np.argsort(source[:, 0]), np.argsort(target[:, 0])
    close(found.transport, np.mean((source[by_size[0]] - target[by_size[1]]) ** 2))
    joint = np.zeros((3, 2))
    np.add.at(joint, (s[by_size[0]], y[by_size[1]]), 1 / 12)
    rows = joint.sum(axis=1, keepdims=True)
    given = np.divide(joint, rows, out=np.ones((3, 2)), where=joint > 0)
    close(found.entropy, -np.sum(joint * np.log(given)))
    assert found.score == -found.entropy
    weights = rng.integers(3, size=12)
    repeated = otce(np.repeat(target, weights, axis=0), np.repeat(y, weights), source, s)
    close(otce(target, y, source, s, weights=weights), repeated, rtol=1e-7, atol=1e-9)
    cost = (source - target.T) ** 2
    whole = coupling(cost, np.full(12, 1 / 12), np.full(12, 1 / 12))
    general = coupling(cost[:, :5], np.full(12, 1 / 12), np.full(5, 1 / 5))
    close(general.sum(axis=0), 1 / 5)
    close(general.sum(axis=1), 1 / 12)
    close(whole.sum(axis=0), 1 / 12)
    dual = linprog(
        -np.concatenate([np.full(12, 1 / 12), np.full(5, 1 / 5)]),
        A_ub=np.hstack([np.kron(np.eye(12), np.ones((5, 1))), np.tile(np.eye(5), (12, 1))]),
        b_ub=cost[:, :5].ravel(),
        bounds=(None, None),
    )
    close(np.sum(general * cost[:, :5]), -dual.fun, rtol=1e-7)
