"""Learning curves of past runs, from the file that `disco-jax finetune` writes."""

import math
import os
from pathlib import Path
from reprlib import repr as short

from disco_jax.comparison import Rows

Curve = tuple[tuple[float, ...], float]  # validation after each epoch, the accuracy it came to


def read_curves(path: str | os.PathLike[str]) -> dict[str, list[Curve]]:
    """Per model the curves of its runs, those that diverged left out.

    A table without a column `curve` has none.

    Raises:
        ValueError: One line that names the file, the line, and what to do.
    """
    file, found = Rows(Path(path)), dict[str, list[Curve]]()
    if not file.tidy or "curve" not in file.columns:
        return found
    for cell in file.rows():
        try:
            values = tuple(float(each) for each in cell("curve").split())
        except ValueError:
            wrong = f"has {short(cell('curve'))} as 'curve'"
            raise file.error(wrong, "give numbers with blanks between, or nothing") from None
        if values and all(map(math.isfinite, values)):
            ended = file.number(cell, "accuracy")
            found.setdefault(file.name(cell, "model"), []).append((values, ended))
    return found
