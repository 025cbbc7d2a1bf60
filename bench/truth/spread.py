"""How far the table would move: a bootstrap over samples and seeds, and the noise of the truth.

A draw takes, of every set, one resample of the pictures that scores are of, and for every network
one of its seeds with the noise of its n test pictures; a set's tau_w and the mean over sets are
computed anew. The variance of a share p of right answers is p (1 - p) / n, that of an R^2 of normal
numbers 4 R^2 (1 - R^2)^2 / n; below 0 it is taken as 0. Draws are shifted so that their mean is the
value itself: noise only lowers an agreement, so their spread is meaningful and their mean is not.

The ceiling is the tau_w that the accuracies of one seed reach against those of another.
"""

from itertools import permutations
from statistics import fmean

import numpy as np

from disco_jax.comparison import weighted_tau

from .evidence import Evidence

LEVEL = 0.95


def intervals(found: Evidence, draws: int, *, seed: int = 0) -> dict[str, tuple[float, float]]:
    """The interval of the mean tau_w of each score."""
    rng = np.random.default_rng(seed)
    taus: dict[str, list[float]] = {spec: [] for spec in found.scores}
    for _ in range(draws):
        truth = {name: _drawn_truth(found, name, rng) for name in found.runs}
        which = {name: rng.integers(10**6) for name in found.runs}
        for spec, of_set in found.scores.items():
            each = [
                weighted_tau(_drawn_scores(found, spec, name, which[name]), truth[name])
                for name in of_set
            ]
            taus[spec].append(fmean(tau for tau in each if tau is not None))
    low, high = (1 - LEVEL) / 2, (1 + LEVEL) / 2
    found_means = {spec: found.compared.agreement[spec].mean["tau_w"] or 0.0 for spec in taus}
    return {
        spec: tuple(np.quantile(values, [low, high]) - np.mean(values) + found_means[spec])
        for spec, values in taus.items()
    }


def ceiling(found: Evidence) -> dict[str, float]:
    """The agreement of two seeds, for each set, in both directions; empty where there is one."""
    agreed = {}
    for name, of_network in found.runs.items():
        seeds = np.array(list(of_network.values())).T
        pairs = [weighted_tau(a, b) for a, b in permutations(seeds, 2)]
        if known := [tau for tau in pairs if tau is not None]:
            agreed[name] = fmean(known)
    return agreed


def _drawn_truth(found: Evidence, name: str, rng: np.random.Generator) -> np.ndarray:
    """An accuracy of each network, as another seed and other test pictures might have it."""
    seen = np.array([rng.choice(runs) for runs in found.runs[name].values()])
    share = np.clip(seen, 0, 1)
    rest = share * (1 - share)
    variance = rest if found.task == "classification" else 4 * rest * (1 - share)
    return seen + rng.normal(size=len(seen)) * np.sqrt(variance / found.tested[name])


def _drawn_scores(found: Evidence, spec: str, name: str, which: int) -> np.ndarray:
    """Scores of each network on a resample; as they are where a score has none."""
    scores = np.array([found.scores[spec][name][network] for network in found.runs[name]])
    if (draws := found.resampled.get(spec, {}).get(name)) is None:
        return scores
    return scores + draws[:, which % draws.shape[1]] - draws.mean(1)
