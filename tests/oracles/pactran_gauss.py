"""PACTran with a Gaussian prior (ECCV 2022), its sign turned, so higher is better (section 3).

Xc centred (n x d), W (d x C), a free bias b (C); of the minimum over W and b of

    loss = mean cross-entropy + |W|^2/(2 lam n)
    h = sum_ic w_i p_ic (1 - p_ic)(|xc_i|^2 + 1) + dC/(lam n)
    score = -[loss + C c/(2n) ln(lam n h/(dC) + 1e-10)]

n = sum w; C counts the classes that are present. One class: the loss is 0. Constant features:
W = 0 and p = pi. (The published solver stops early, within 5e-4 of this value.)
"""

import numpy as np
import threadpoolctl
from scipy.special import log_softmax, softmax

from . import weighting


def conjugate_gradients(product, right, tolerance=1e-8):
    """Solves product(x) = right for a positive definite map, to |residual| = tolerance |right|."""
    x = np.zeros_like(right)
    residual = direction = np.copy(right)
    square = start = np.sum(right**2)
    for _ in range(1000):
        if square <= tolerance**2 * start:
            break
        image = product(direction)
        step = square / np.sum(direction * image)
        x, residual = x + step * direction, residual - step * image
        before, square = square, np.sum(residual**2)
        direction = residual + square / before * direction
    return x


@threadpoolctl.threadpool_limits.wrap(limits=1)  # threads only wait for small matrices
def softmax_regression(w, rows, own, num_classes, penalty):
    """(loss, p, gradient) at the minimum of mean cross-entropy + penalty/2 |W|^2, by Newton.

    The parameters sum to 0 over the classes: there the minimum is one, and the Hessian definite.
    """
    design = np.hstack([rows, np.ones((len(rows), 1))])  # the last row of the parameters is b
    penalties = np.append(np.full(rows.shape[1], penalty), 0.0)[:, None]
    share, one_hot = (w / w.sum())[:, None], np.eye(num_classes)[own]

    def balanced(v):
        return v - v.mean(axis=1, keepdims=True)

    def loss(parameters):
        entropy = -np.sum(share * one_hot * log_softmax(design @ parameters, axis=1))
        return entropy + np.sum(penalties * parameters**2) / 2

    parameters = np.zeros((design.shape[1], num_classes))
    for _ in range(100):
        p = softmax(design @ parameters, axis=1)
        gradient = balanced(design.T @ (share * (p - one_hot)) + penalties * parameters)
        if np.linalg.norm(gradient) <= 1e-11 * np.linalg.norm(share * design):
            break

        def hessian(v, p=p):
            change = design @ v
            change = p * (change - np.sum(p * change, axis=1, keepdims=True))
            return balanced(design.T @ (share * change) + penalties * v)

        step = conjugate_gradients(hessian, gradient)
        size, here = 1.0, loss(parameters)
        while size > 1e-6 and loss(parameters - size * step) > here + 1e-13:
            size /= 2
        parameters = parameters - size * step
    return loss(parameters), softmax(design @ parameters, axis=1), gradient


def pactran_gauss(features, labels, *, num_classes, lam=1.0, c=100.0, weights=None):
    w, rows, labels = weighting.expand(weights, np.asarray(features, dtype=np.float64), labels)
    classes, own = np.unique(labels, return_inverse=True)
    n, d, count = w.sum(), rows.shape[1], len(classes)
    rows = rows - weighting.mean(w, rows)
    loss, p, _ = softmax_regression(w, rows, own, count, 1 / (lam * n))
    lengths = np.sum(rows**2, axis=1) + 1
    h = np.sum((w * lengths)[:, None] * p * (1 - p)) + d * count / (lam * n)
    flatness = count * c / (2 * n) * np.log(lam * n * h / (d * count) + 1e-10)
    return float(-(loss + flatness))
