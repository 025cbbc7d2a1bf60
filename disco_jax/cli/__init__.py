"""The command line: a file for each command, and `app` with their options.

Exit codes: 0 done, 2 wrong use or unusable input (one line on stderr), 1 anything else.
"""

from .app import main

__all__ = ["main"]
