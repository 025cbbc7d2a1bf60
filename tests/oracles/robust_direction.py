"""The robust direction as a convex programme, solved directly by SciPy.

minimise (m - z)^T S^-1 (m - z)    subject to    |z|^2 <= (epsilon |m|)^2
"""

import numpy as np
from scipy.optimize import minimize


def robust_direction(covariance, difference, epsilon):
    """w and z for a covariance of full rank."""
    inverse = np.linalg.inv(covariance)
    root = np.linalg.cholesky(inverse).T  # (m - z)^T S^-1 (m - z) = |root (m - z)|^2
    radius = epsilon * np.linalg.norm(difference)
    scale = np.linalg.norm(root @ difference) ** 2

    def loss(z):
        rest = root @ (difference - z)
        return rest @ rest / scale, -2 * root.T @ rest / scale

    ball = {
        "type": "ineq",
        "fun": lambda z: 1 - z @ z / max(radius, 1e-300) ** 2,
        "jac": lambda z: -2 * z / max(radius, 1e-300) ** 2,
    }
    if radius == 0:
        return inverse @ difference, np.zeros_like(difference)
    start = 0.5 * epsilon * difference
    found = minimize(
        loss,
        start,
        jac=True,
        method="SLSQP",
        constraints=[ball],
        options={"ftol": 1e-16, "maxiter": 1000},
    )
    return inverse @ (difference - found.x), found.x
