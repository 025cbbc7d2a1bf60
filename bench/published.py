"""The published DISCO pipeline, written plainly from its description; CPU only.

1. scikit-learn's randomised PCA with one power iteration, to (n, 128).
2. A full SVD of the result, with all n x n left vectors.  Beyond FULL_SVD_ROWS rows they do not fit
   and the thin SVD is taken, to the benefit of the published code.
3. For each group of 16 components, `Z_g = U_g S_g V_g'`; for each class the log density of all rows
   of Z_g under N(class mean, I) by `scipy.stats.multivariate_normal`, plus the log prior; softmax;
   the mean probability of the true class, weighted by the group's part of the singular values.

Left to itself it runs with a BLAS thread a core, whatever the kernels have set for themselves.
With one thread the many small decompositions of step 3 are often faster, on a busy machine several
times, so that both are measured.
"""

import time
from typing import NamedTuple

import numpy as np

COMPONENTS = 128
GROUP = 16
FULL_SVD_ROWS = 20_000
PROBE = 3  # class densities of the first group that are timed to tell how long step 3 takes


class Published(NamedTuple):
    seconds: float
    score: float | None  # None: extrapolated
    notes: list[str]


def disco(
    features: np.ndarray, labels: np.ndarray, classes: int, *, limit: float, threads: int
) -> Published:
    """Time and score of one run, with this many BLAS threads for NumPy and SciPy.

    Where step 3 would take it beyond `limit` seconds, the time is that of steps 1 and 2 and of the
    fastest of PROBE densities times all groups and classes, and there is no score.  Raises
    ImportError where SciPy or scikit-learn is missing.
    """
    import scipy.special
    import scipy.stats
    import sklearn.decomposition
    import threadpoolctl

    def log_density(z: np.ndarray, c: int) -> np.ndarray:
        inside = labels == c
        mean, covariance = z[inside].mean(axis=0), np.eye(z.shape[1])
        density = scipy.stats.multivariate_normal(mean=mean, cov=covariance)
        return density.logpdf(z) + np.log(inside.mean())

    pca = sklearn.decomposition.PCA(
        min(COMPONENTS, *features.shape), svd_solver="randomized", iterated_power=1, random_state=0
    )
    full = len(features) <= FULL_SVD_ROWS
    notes = []
    if not full:
        notes.append(f"published: thin SVD, the full one of {len(features)} rows does not fit")
    with threadpoolctl.threadpool_limits(threads, user_api="blas"):
        start = time.perf_counter()
        u, s, vt = np.linalg.svd(pca.fit_transform(features), full_matrices=full)
        seconds = time.perf_counter() - start

        parts = [slice(first, first + GROUP) for first in range(0, len(s), GROUP)]
        z = (u[:, parts[0]] * s[parts[0]]) @ vt[parts[0]]
        probes = []
        for c in range(min(PROBE, classes)):
            start = time.perf_counter()
            log_density(z, c)
            probes.append(time.perf_counter() - start)
        densities = classes * len(parts)
        if seconds + min(probes) * densities > limit:
            notes.append(
                f"published, BLAS threads {threads}: extrapolated from {len(probes)} of "
                f"{densities} class densities, beyond the limit of {limit:g} s; no score"
            )
            return Published(seconds + min(probes) * densities, None, notes)

        start = time.perf_counter()
        score = 0.0
        for part in parts:
            z = (u[:, part] * s[part]) @ vt[part]
            logits = np.stack([log_density(z, c) for c in range(classes)], axis=1)
            posterior = scipy.special.softmax(logits, axis=1)
            score += s[part].sum() / s.sum() * posterior[np.arange(len(z)), labels].mean()
        seconds += time.perf_counter() - start
    return Published(seconds, float(score), notes)
