"""One file per family of networks, with a `FAMILY` at its end, and what several of them share.

Shared: `attention`, `positions`, `vision_transformer`, `inverted_residual`.
"""
