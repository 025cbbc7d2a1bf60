"""A result of scoring as one self-contained HTML page, without scripts and without a network.

`render(result)` takes what `disco-jax score --format json` writes; any part may be absent. The same
result always gives the same page, which `report` writes to its file. `verdict(result)` is its
heading. Loads no jax.
"""

from .advice import advice
from .claim import verdict
from .page import render
from .writing import report, write_page

__all__ = ["advice", "render", "report", "verdict", "write_page"]
