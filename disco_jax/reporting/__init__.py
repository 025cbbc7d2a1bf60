"""A result of scoring as one self-contained HTML page, without scripts and without a network.

`render(result)` takes what `disco-jax score --format json` writes; any part may be absent. The same
result always gives the same page, which `report` writes to its file. Loads no jax.
"""

from .page import render
from .writing import report, write_page

__all__ = ["render", "report", "write_page"]
