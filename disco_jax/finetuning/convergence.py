"""The accuracy that a run under way will come to, from learning curves of the past.

    v_1 .. v_e     validation after each of the first e of E epochs
    c_i(s), a_i    past curve i where a share s of its epochs is done, and the accuracy it came to

The past curves at the shares 1/E, 2/E, ..., 1, linear between epochs, make four groups at most, by
average linkage. With g the group whose mean is nearest to v over the first e shares,

    predicted = v_e + mean over i in g of  a_i - c_i(e / E)

Without past curves that is v_e, and NaN where v_e is. Shares and not epochs are compared, as a
decay of the rate covers all epochs of a run. Cost: m^2 E for m curves. The groups are those of
arXiv 2404.00069, which predicts the mean of a_i instead: a past task then stands for the new one
with all that it is harder or easier, where only the rise that is left is asked for.
"""

from collections.abc import Sequence

import numpy as np

GROUPS = 4

Curve = tuple[Sequence[float], float]  # validation after each epoch, the accuracy it came to


def predicted(curve: Sequence[float], epochs: int, past: Sequence[Curve]) -> float:
    """What a curve that has begun will come to after all epochs."""
    now = len(curve)
    if not past or not np.isfinite(curve[-1]):
        return curve[-1]
    shapes = np.stack([_at_shares(values, epochs) for values, _ in past])
    rise = np.array([accuracy for _, accuracy in past]) - shapes[:, now - 1]
    number = _groups(shapes)
    apart = {
        each: np.linalg.norm(shapes[number == each].mean(0)[:now] - np.asarray(curve))
        for each in np.unique(number)
    }
    nearest = min(apart, key=lambda each: apart[each])
    return float(curve[-1] + rise[number == nearest].mean())


def _at_shares(values: Sequence[float], epochs: int) -> np.ndarray:
    """A curve as if it had been taken in so many epochs."""
    done = np.arange(1, len(values) + 1) / len(values)
    return np.interp(np.arange(1, epochs + 1) / epochs, done, values)


def _groups(shapes: np.ndarray) -> np.ndarray:
    """The group of each curve (m, E)."""
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(shapes) == 1:
        return np.ones(1, int)
    found: np.ndarray = fcluster(linkage(shapes, "average"), GROUPS, criterion="maxclust")
    return found
