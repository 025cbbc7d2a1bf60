"""Printing a table for people, or the same for programs."""

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

MOST_WARNINGS = 8
PEOPLE = ("table", "markdown")  # formats that are read by people


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]], form: str = "table") -> None:
    """For people: numbers to the right; a row per block where the terminal is too narrow."""
    if form == "markdown":
        _print_markdown(header, rows)
        return
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = 1000  # a pipe has no width
    table = Table(box=None, pad_edge=False)
    for place, name in enumerate(header):
        justify: Literal["left", "right"] = "right" if _numbers(rows, place) else "left"
        table.add_column(name, justify=justify, overflow="fold")
    for row in rows:
        table.add_row(*row)
    unlimited = console.options.update(max_width=10_000)
    if Measurement.get(console, unlimited, table).maximum <= console.width:
        console.print(table)
        return
    for row in rows:
        console.print(row[0], style="bold")
        for name, cell in zip(header[1:], row[1:], strict=True):
            if cell:
                console.print(f"  {name}: {cell}")


def _print_markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    rule = ["---:" if _numbers(rows, place) else "---" for place in range(len(header))]
    for cells in (header, rule, *rows):
        print("|", " | ".join(cell.replace("|", r"\|") for cell in cells), "|")


def print_lines(lines: Iterable[str], form: str) -> None:
    """What is said beneath a table."""
    for line in lines:
        print(f"\n{line}" if form == "markdown" else line)


def _numbers(rows: Sequence[Sequence[str]], place: int) -> bool:
    return all(_numeric(row[place]) for row in rows)


def _numeric(text: str) -> bool:
    return not text or text[0] in "0123456789-+.–"


def print_csv(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """For programs: every number in full, nothing where there is none."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([["" if cell is None else cell for cell in row] for row in rows])


def print_json(result: Mapping[str, Any]) -> None:
    """For programs: strict JSON."""
    print(json.dumps(result, indent=1, allow_nan=False, ensure_ascii=False))


def warn(lines: Sequence[str]) -> None:
    """On stderr, the first few."""
    for line in lines[:MOST_WARNINGS]:
        print("warning:", line, file=sys.stderr)
    if len(lines) > MOST_WARNINGS:
        more = len(lines) - MOST_WARNINGS
        print(f"warning: and {more} more, all of them in --format json", file=sys.stderr)
