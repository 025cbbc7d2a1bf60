"""Where a measurement was taken, how it is kept, and how it is printed.

`bench/results/<device>-<subcommand>.json` holds one machine and its rows (in another folder where
`DISCO_BENCH_RESULTS` names one).  Every row carries the
versions, the commit and the date it was measured with, so a run of some shapes replaces the rows of
those shapes and leaves the others as they were.
"""

import datetime
import json
import os
import pathlib
import platform
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np

HERE = pathlib.Path(__file__).parent
RESULTS = pathlib.Path(os.environ.get("DISCO_BENCH_RESULTS", HERE / "results"))

Row = dict[str, Any]


def machine() -> dict[str, Any]:
    """The device jax computes on: `device` names the results file, `name` is for people."""
    affinity = getattr(os, "sched_getaffinity", None)  # absent on macOS
    cores = len(affinity(0)) if affinity else os.cpu_count()
    device = jax.devices()[0]
    on_cpu = device.platform == "cpu"
    name = _processor() if on_cpu else device.device_kind
    kind = f"cpu-{cores}core" if on_cpu else device.platform
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return {"device": f"{kind}-{slug}", "name": name, "processor": _processor(), "cores": cores}


def provenance() -> Row:
    """Versions, commit and date: taken once, before the first row is written."""
    described = ["git", "describe", "--always", "--dirty"]
    try:
        commit = subprocess.run(described, cwd=HERE, capture_output=True, text=True).stdout.strip()
    except OSError:
        commit = ""
    return {
        "python": platform.python_version(),
        "jax": jax.__version__,
        "numpy": np.__version__,
        "commit": commit or None,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def write(command: str, machine: dict[str, Any], rows: Sequence[Row]) -> pathlib.Path:
    """Put `rows` in the results file, beside the rows of other shapes that it already has."""
    path = RESULTS / f"{machine['device']}-{command}.json"
    kept = json.loads(path.read_text())["rows"] if path.exists() else []
    merged = {row["shape"]: row for row in [*kept, *rows]}
    text = json.dumps({"machine": machine, "rows": [*merged.values()]}, indent=1, allow_nan=False)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text + "\n")
    temporary.replace(path)
    return path


def table(
    rows: Sequence[Row], lines: Mapping[str, tuple[str, Callable[[Any], str]]], turned: bool = False
) -> str:
    """Markdown with a column per row of the bench and a line per quantity, or `turned`.

    A line is left empty where a row did not measure it.  The notes of the rows follow.
    """
    grid = [["", *(row["shape"] for row in rows)]]
    for label, (key, text) in lines.items():
        cells = [text(row[key]) if key in row else "" for row in rows]
        if any(cells):
            grid.append([label, *cells])
    grid = [list(cells) for cells in zip(*grid, strict=True)] if turned else grid
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    grid.insert(1, ["-" * width for width in widths])
    body = ["| " + " | ".join(map(str.ljust, cells, widths)) + " |" for cells in grid]
    notes = [f"- {row['shape']}: {note}" for row in rows for note in row.get("notes", [])]
    return "\n".join([*body, "", *notes])


def _processor() -> str:
    try:
        cpuinfo = pathlib.Path("/proc/cpuinfo").read_text()
    except OSError:
        cpuinfo = ""
    found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
    return found[1] if found else platform.processor() or platform.machine()
