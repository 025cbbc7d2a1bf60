r"""Names of parameters in files, and ours.

A dialect is a list of substitutions that make our name of a file's name, one after the other:

    (r"^vit\.encoder\.layer\.", "blocks.")

What becomes the empty name is left out (counters, buffers). What becomes `NAME#0`, `NAME#1`, ...
are the pieces of one array, put together along its first axis in this order.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

Rules = Sequence[tuple[str, str | Callable[[Any], str]]]

COUNTERS = (r".*num_batches_tracked$", "")


def renamed(names: Iterable[str], rules: Rules) -> dict[str, list[str]]:
    """Our names, each with the file's names of its pieces; a name that several have keeps all."""
    found: dict[str, list[tuple[int, str]]] = {}
    for theirs in names:
        ours = theirs
        for pattern, replacement in (COUNTERS, *rules):
            ours = re.sub(pattern, replacement, ours)
        if ours:
            name, _, piece = ours.partition("#")
            found.setdefault(name, []).append((int(piece or 0), theirs))
    return {name: [theirs for _, theirs in sorted(pieces)] for name, pieces in found.items()}
