"""Networks as Flax NNX modules, one family per file, all loaded and run in one way.

A family is described in `family`; files are read by `disco_jax.weights`.
"""

from .function import of_function
from .loading import architectures, load_backbone, untrained

__all__ = ["architectures", "load_backbone", "of_function", "untrained"]
