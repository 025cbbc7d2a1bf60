"""How near two results must be, by the type they were computed in."""

import numpy as np

RELATIVE = {"float64": 1e-9, "float32": 1e-5}  # absolute near zero: a hundredth of that


def close(actual, expected, rtol=None, atol=None):
    """Equal but for rounding, entry by entry; the type is that of what was found."""
    if rtol is None:
        rtol = RELATIVE.get(str(np.asarray(actual).dtype), RELATIVE["float64"])
    np.testing.assert_allclose(
        actual, expected, rtol=rtol, atol=rtol / 100 if atol is None else atol
    )
