"""KAGES: models whose kernels, added up, are most like that of the answers.

    value(S) = <K_S, K_Y>/(|K_S| |K_Y|),   K_S = sum_{s in S} K_s

K_s the centred linear kernel of model s, so that K_S is that of all features side by side, and K_Y
that of the one-hot labels or of the targets. No source data. With the scalars <K_s, K_Y> and
<K_s, K_t> a set costs nothing; a product <K_s, K_t> costs 2 n d_s d_t. Kernels are added as they
are: a model whose features are ten times larger counts a hundred times as much.

Most products are never formed. They are not negative; and the kernel of model t is at least that of
its leading coordinates T_t (n, 32), so <T_t T_t^T, K_s> <= <K_s, K_t> for a thirtieth of the cost.
A value with less in the place of a product is an upper bound. The candidate of the highest bound is
looked at more closely, by T_t and then by the products, until one that is measured stands above all
bounds. The choice is that of measuring all.

Influence: with shares a_i of <K_S, K_Y>, b_i of |K_S|^2, c_i of |K_Y|^2 (`kernel_shares`) the value
moves by value (2 a_i/<K_S, K_Y> - b_i/|K_S|^2 - c_i/|K_Y|^2) per unit of weight of sample i.
"""

from functools import cache

import numpy as np

import disco_kernels as dk

from .judge import Judge, Members
from .pool import Pool

LEADING = 32


def kages(pool: Pool) -> Judge:
    """The alignment of sets with the answers."""
    answers = pool.answers
    of_answers = float(dk.kernel_product(answers))
    least: dict[tuple[str, str], float] = {}  # (chosen, candidate): at most their product

    @cache
    def aligned(model: str) -> float:
        return float(dk.kernel_product(pool.features(model), answers))

    @cache
    def leading(model: str) -> np.ndarray:
        return np.asarray(pool.spectrum(model, LEADING).coordinates)

    def value(along: float, squared: float) -> float:
        size = (squared * of_answers) ** 0.5
        return along / size if size > 0 else 0.0

    def values(chosen: Members) -> dict[str, float]:
        along = sum(map(aligned, chosen))
        squared = sum(pool.product(s, t) for s in chosen for t in chosen)

        def bound(model: str) -> float:
            across = sum(least.get((s, model), 0.0) for s in chosen)
            own = pool.product(model, model)
            return value(along + aligned(model), squared + 2 * across + own)

        bounds = {model: bound(model) for model in pool.models if model not in chosen}
        if not chosen:
            return bounds  # without products of two models they are the values
        found: dict[str, float] = {}
        while bounds:
            model = max(bounds, key=lambda each: bounds[each])
            if found and bounds[model] < max(found.values()):
                break
            unseen = [s for s in chosen if (s, model) not in least]
            for s in unseen or chosen:
                least[s, model] = (
                    float(dk.kernel_product(pool.features(model), leading(s)))
                    if unseen
                    else pool.product(s, model)
                )
            bounds[model] = bound(model)
            if not unseen:
                found[model] = bounds.pop(model)
        return found

    def influence(members: Members) -> np.ndarray:
        every = [pool.features(model) for model in members]
        toward = np.sum([dk.kernel_shares(x, answers) for x in every], 0, np.float64)
        squared = np.asarray(dk.kernel_shares(np.concatenate(every, 1)), np.float64)
        target = np.asarray(dk.kernel_shares(answers), np.float64)
        size = value(toward.sum(), squared.sum())
        along, own, theirs = (each / (each.sum() or 1) for each in (toward, squared, target))
        return np.asarray(size * (2 * along - own - theirs))

    return Judge(values, influence)
