"""Two result files of one bench against each other, B over A: a gate for `make bench`.

Rows match by their shape and sizes; what has a spread in both is compared. With times a and b

    ratio = median(b) / median(a),     from min(b) / max(a) to max(b) / min(a)

and beyond the spread where that range leaves 1 out. The exit code is 1 where something is slower
beyond the spread and its ratio is above `--factor`; 2 where the files hold nothing in common.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from . import record
from .record import Row

SIZES = ("n", "d", "classes", "kind", "models", "pixels", "size", "batch", "pictures", "dtype")
SPREAD = {"min", "median", "max"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("a", type=Path, metavar="A", help="results before, JSON")
    parser.add_argument("b", type=Path, metavar="B", help="results after, JSON")
    parser.add_argument(
        "--factor", type=float, default=1.2, help="slower by more than this fails (1.2)"
    )


def main(arguments: argparse.Namespace) -> int:
    a, b = read(arguments.a), read(arguments.b)
    before, after = ({row["shape"]: row for row in file["rows"]} for file in (a, b))
    shared = [shape for shape in before if shape in after]
    resized = [shape for shape in shared if _sizes(before[shape]) != _sizes(after[shape])]
    rows = [
        compared
        for shape in shared
        if shape not in resized
        for compared in calls(before[shape], after[shape], arguments.factor)
    ]
    if not rows:
        print(
            f"{arguments.b}: rows: none with times matches one of {arguments.a}; "
            "give two results of the same bench",
            file=sys.stderr,
        )
        return 2
    for name, file in (("A", a), ("B", b)):
        machine = file["machine"]
        print(f"{name}: {machine['name']}, {machine['cores']} cores, {_taken(file['rows'])}")
    if a["machine"] != b["machine"]:
        print("They are of two machines: a ratio is that of the machines too.")
    print(f"\n{record.table(rows, LINES, turned=True).rstrip()}\n")
    for words, left in (
        ("of other sizes", resized),
        ("only in A", [shape for shape in before if shape not in after]),
        ("only in B", [shape for shape in after if shape not in before]),
    ):
        if left:
            print(f"{words}: {', '.join(left)}")
    slower = [row["shape"] for row in rows if row["verdict"] == "SLOWER"]
    print(f"slower by more than {arguments.factor:g}: {', '.join(slower) or 'nothing'}")
    return int(bool(slower))


def read(path: Path) -> dict[str, Any]:
    """A results file; ends in one line where it is none."""
    try:
        found: dict[str, Any] = json.loads(path.read_text())
        _ = found["machine"]["name"], [row["shape"] for row in found["rows"]]
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        problem = f"{path}: results: {type(wrong).__name__}: {wrong}; give a file of bench/results"
        print(problem, file=sys.stderr)
        raise SystemExit(2) from None
    return found


def calls(a: Row, b: Row, factor: float) -> Iterator[Row]:
    """What both rows have times of."""
    for key, first in a.items():
        second = b.get(key)
        if not (is_spread(first) and is_spread(second)):
            continue
        ratio, low, high = over(second, first)
        verdict = ""
        if 1 in (first.get("calls"), second.get("calls")):
            verdict = "one run"
        elif low > 1:
            verdict = "SLOWER" if ratio > factor else "slower"
        elif high < 1:
            verdict = "faster"
        yield {
            "shape": f"{a['shape']}: {key.removesuffix('_ms')}",
            "a": first["median"],
            "b": second["median"],
            "ratio": ratio,
            "range": (low, high),
            "verdict": verdict,
        }


def is_spread(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() >= SPREAD


def over(b: dict[str, float], a: dict[str, float]) -> tuple[float, float, float]:
    """b / a: of the medians, and the least and the most that their spreads allow."""
    return b["median"] / a["median"], b["min"] / a["max"], b["max"] / a["min"]


def _sizes(row: Row) -> Row:
    return {key: row[key] for key in SIZES if key in row}


def _taken(rows: list[Row]) -> str:
    found = {f"{row.get('date', '?')[:10]} at {row.get('commit')}" for row in rows}
    return ", ".join(sorted(found))


LINES: dict[str, tuple[str, Callable[[Any], str]]] = {
    "A, ms": ("a", "{:.4g}".format),
    "B, ms": ("b", "{:.4g}".format),
    "B / A": ("ratio", "{:.2f}".format),
    "spread": ("range", lambda range: "{:.2f} to {:.2f}".format(*range)),
    "beyond the spread": ("verdict", str),
}
