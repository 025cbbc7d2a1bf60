"""PED (ICCV 2023): overlapping classes push one another apart before a base metric (section 3).

Source features have the mean m and the deviation sd (at least 1e-3) of each column;
Z = (X - m)/sd with class means M_c and radii R_c = sqrt(sum_j var_cj). At most six steps:

    F_ab = max(q (R_a + R_b) - |M_a - M_b|, 0)
    D_a = t^2/2 sum_{b != a} F_ab (M_a - M_b)/|M_a - M_b|,  coincident means left out
    stop before a step of size sum |D_aj| <= half of the first one's, or 0; else M <- M + D

    x_i <- x_i + sd (sum of the applied D of class y_i)

The radii stay. One class, constant features, classes apart: X as it was. A row of weight 0 moves
with its class, or stays where that is absent.
"""

import numpy as np

from . import weighting


def push(means, radii, q, t):
    """(C, d) D of one step."""
    step = np.zeros_like(means)
    for a in range(len(means)):
        for b in range(len(means)):
            distance = np.linalg.norm(means[a] - means[b])
            if distance > 0:
                force = max(q * (radii[a] + radii[b]) - distance, 0.0)
                step[a] += t**2 / 2 * force * (means[a] - means[b]) / distance
    return step


def ped(
    features,
    labels,
    source_features,
    *,
    num_classes,
    q=0.6,
    t=0.1,
    weights=None,
    source_weights=None,
):
    """(n, d) the features moved."""
    features, labels = np.asarray(features, dtype=np.float64), np.asarray(labels)
    v, source = weighting.expand(source_weights, np.asarray(source_features, dtype=np.float64))
    m = weighting.mean(v, source)
    sd = np.maximum(np.sqrt(weighting.mean(v, (source - m) ** 2)), 1e-3)
    w, rows, own = weighting.expand(weights, (features - m) / sd, labels)
    classes = np.unique(own)
    means = weighting.class_means(w, rows, own, num_classes)[classes]
    start = np.copy(means)
    radii = [
        np.sqrt(np.sum(weighting.mean(w[own == c], (rows[own == c] - mean) ** 2)))
        for c, mean in zip(classes, start, strict=True)
    ]
    first = np.sum(np.abs(push(means, radii, q, t)))
    for number in range(6):
        step = push(means, radii, q, t)
        size = np.sum(np.abs(step))
        if size == 0 or (number > 0 and size <= first / 2):
            break
        means = means + step
    moved = np.copy(features)
    for c, shift in zip(classes, means - start, strict=True):
        moved[labels == c] += sd * shift
    return moved
