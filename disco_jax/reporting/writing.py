"""The page of a result, written to its file."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from disco_jax.atomic import write_text
from disco_jax.errors import InputError
from disco_jax.results import ScoreTable, grouped, read_result

from .page import render


def report(
    scores: ScoreTable | Mapping[str, Any] | str | os.PathLike[str],
    out: str | os.PathLike[str] = "report.html",
) -> Path:
    """Write the ranking and what is behind it as one self-contained page, and say where it is.

    Args:
        scores: What `score` or `rank` returned, its `to_dict`, or the file of its JSON.
        out: The page to write.

    Raises:
        InputError: The file holds no scores, or the page cannot be written.
    """
    if isinstance(scores, ScoreTable):
        result = scores.to_dict()
    else:
        result = dict(scores) if isinstance(scores, Mapping) else read_result(Path(scores))
    path = Path(out)
    write_page(path, grouped(result) if result.get("grouped") else result)
    return path


def write_page(path: Path, result: Mapping[str, Any], option: str = "out") -> None:
    """Write the page of a result as it is; `option` is what the path was given as."""
    try:
        write_text(path, render(result))
    except OSError as why:
        problem = f"cannot be written ({why.strerror})"
        raise InputError(path, option, problem, "choose another") from why
