"""A result of scoring as one self-contained HTML page, without scripts and without a network.

`render(result)` takes what `disco-jax score --format json` writes; any part may be absent. The same
result always gives the same page. Loads no jax.
"""

from .page import render

__all__ = ["render"]
