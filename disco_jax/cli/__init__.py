"""The command line: `rank`, `extract`, `score`, `compare`, `report`, `metrics`, `networks`.

Exit codes: 0 done, 2 wrong use or unusable input (one line on stderr), 1 anything else.
"""

from .app import main

__all__ = ["main"]
