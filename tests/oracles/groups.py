"""Groups of consecutive components and their share of the spectrum (FORMULAS section 1, 2-3 and 6).

G = min(groups, k); group g = 0..G-1 holds the components g m .. g m + m - 1, m = floor(k / G). The
other k - G m belong to no group, but their singular values stay in the denominator:

    r_g = sum_{j in g} s_j / sum_{j < k} s_j;    Z_g = U_g S_g V_g^T  (n x d)

Constant features (s = 0) have no shares: r_g = 0.
"""

import numpy as np


def slices(k, groups):
    """The columns of each group, as slices."""
    groups = min(groups, k)
    size = k // groups
    return [slice(g * size, (g + 1) * size) for g in range(groups)]


def proportions(singular_values, groups):
    """r_g, from the k values that were kept."""
    values = np.asarray(singular_values, dtype=np.float64)
    sums = np.array([values[group].sum() for group in slices(len(values), groups)])
    return sums / values.sum() if values.sum() > 0 else sums


def spectral_share(singular_values, groups, first=1):
    """The label-free form: r_1, or the sum over the first groups."""
    return proportions(singular_values, groups)[:first].sum()


def component(spectrum, group, rank=None):
    """Z_g = diag(w)^(-1/2) U_g S_g V_g^T, as the paper writes it; s_j = 0 beyond a given rank."""
    values = np.copy(spectrum.singular_values)
    if rank is not None:
        values[rank:] = 0.0
    left, basis = spectrum.left[:, group], spectrum.basis[:, group]
    return left @ np.diag(values[group]) @ basis.T / spectrum.root
