"""The command line: `disco-jax rank`, `extract`, `score`, `compare`, `report`, `metrics`.

Exit codes: 0 done, 2 wrong use or unusable input (one line on stderr), 1 anything else.
"""

from .app import main

__all__ = ["main"]
