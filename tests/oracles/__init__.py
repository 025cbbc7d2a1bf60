"""Slow, independent float64 NumPy/SciPy formulas that import none of our code."""
