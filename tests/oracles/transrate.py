"""TransRate (ICML 2022): coding rate of all features minus that of the classes (section 2).

    R(A) = 1/2 ln det(I + A^T A/(m eps)), A of m rows (of total weight m);  Z = X - mu, centred once
    TransRate = R(Z) - sum_c w_c R(Z_c),  Z_c the rows of class c

class_weights "paper": w_c = n_c/n, "uniform": w_c = 1/C, C the classes that are present
compat "authors": Z divided by sqrt(tr(Z^T Z)/n), the result by rank(Z)

Constant features, or one class: 0. (`weights` are those of the samples, as in every oracle.)
"""

import numpy as np

from . import weighting
from .spectrum import EPSILON


def rate(w, rows, eps):
    values = np.linalg.svd(np.sqrt(w)[:, None] * rows, compute_uv=False)
    return np.sum(np.log1p(values**2 / (w.sum() * eps))) / 2


def transrate(
    features,
    labels,
    *,
    num_classes,
    class_weights="paper",
    compat=None,
    eps=1e-4,
    weights=None,
    epsilon=EPSILON,
):
    if class_weights not in ("paper", "uniform") or compat not in (None, "authors"):
        raise ValueError((class_weights, compat))
    w, rows, labels = weighting.expand(weights, np.asarray(features, dtype=np.float64), labels)
    z = rows - weighting.mean(w, rows)
    values = np.linalg.svd(np.sqrt(w)[:, None] * z, compute_uv=False)
    rank = int(np.sum(values > max(z.shape) * epsilon * values[0]))
    if rank == 0:
        return 0.0
    if compat == "authors":
        z = z / np.sqrt(np.sum(values**2) / w.sum())
    score, classes = rate(w, z, eps), np.unique(labels)
    for own in (labels == c for c in classes):
        share = w[own].sum() / w.sum() if class_weights == "paper" else 1 / len(classes)
        score -= share * rate(w[own], z[own], eps)
    return float(score / rank if compat == "authors" else score)
