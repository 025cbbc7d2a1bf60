"""What this machine has."""

import os


def memory_bytes() -> int:
    """Of main memory, all of it."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
