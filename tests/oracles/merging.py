"""Merged parameters entry by entry, from the formulas, in float64; models are {name: array}."""

import numpy as np


def flat(model):
    return np.concatenate([np.asarray(x, np.float64).ravel() for _, x in sorted(model.items())])


def ties(base, models, coefficient, keep):
    origin = flat(base)
    vectors = [flat(model) - origin for model in models]
    trimmed = []
    for vector in vectors:
        bound = sorted(abs(vector), reverse=True)[max(1, round(keep * len(vector))) - 1]
        trimmed.append([x if abs(x) >= bound else 0.0 for x in vector])
    found = []
    for theta, *entries in zip(origin, *trimmed, strict=True):
        sign = np.sign(sum(entries))
        agreeing = [x for x in entries if np.sign(x) == sign != 0]
        found.append(theta + coefficient * (np.mean(agreeing) if agreeing else 0.0))
    return np.array(found)


def fisher(models, information, weights):
    found = []
    for rows in zip(*map(flat, models), *map(flat, information), strict=True):
        thetas, known = rows[: len(models)], rows[len(models) :]
        total = sum(w * f for w, f in zip(weights, known, strict=True))
        used = known if total > 0 else [1.0] * len(models)
        total = sum(w * f for w, f in zip(weights, used, strict=True))
        terms = zip(weights, used, thetas, strict=True)
        found.append(sum(w * f * theta for w, f, theta in terms) / total)
    return np.array(found)


def projected(base, models, coefficient, shared_part=6):
    """Projective merging of one matrix (r, c): the quadratic programme by brute force.

    Delta = Q D, and D the least-squares solution of smallest norm of the misfits, one row each.
    """
    vectors = [np.asarray(model, np.float64) - base for model in models]
    norms = [np.linalg.norm(vector) for vector in vectors]
    pull = [coefficient * np.mean(norms) / norm for norm in norms]
    rows, columns = base.shape
    small = min(rows, columns)
    lefts = [np.linalg.svd(v, full_matrices=False)[0][:, : small // len(vectors)] for v in vectors]
    together = np.linalg.svd(np.concatenate(lefts, 1), full_matrices=False)[0]
    shared = together[:, : small // shared_part]
    free = np.kron(np.eye(rows) - shared @ shared.T, np.eye(columns))
    added = sum(p * v for p, v in zip(pull, vectors, strict=True))
    system = np.array([sum(pull) * v.ravel() @ free for v in vectors])
    wanted = np.array([np.sum(v * (v - added)) for v in vectors])
    delta = free @ np.linalg.lstsq(system, wanted, rcond=None)[0]
    return base + added + sum(pull) * delta.reshape(rows, columns)
