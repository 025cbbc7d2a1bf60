"""What to follow where the paper's DISCO is scored on a mixed hub."""

from collections.abc import Mapping
from typing import Any

from .rankings import part

PAPER, TUNED = "disco", "disco:mode=tuned"
MIXED = 1.1  # how many times wider the widest model is than the narrowest


def advice(result: Mapping[str, Any]) -> str:
    """One line, or nothing where there is nothing to say."""
    scored = {spec for row in part(result, "scores").values() for spec in row}
    widths = [row["width"] for row in part(result, "models").values() if row.get("width")]
    if PAPER not in scored or not widths or max(widths) <= MIXED * min(widths):
        return ""
    return (
        f"{PAPER}, the paper's form, depends on the width and scale of features, and these models "
        f"have {min(widths):,} to {max(widths):,} columns: follow {TUNED}"
    )
