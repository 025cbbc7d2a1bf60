"""`disco-jax history`: what a table of past accuracies is like."""

from pathlib import Path

from disco_jax.history import About, about, read_history

from .printing import print_csv, print_json, print_lines, print_table

MOST_TWINS = 10


def run(file: Path, form: str) -> None:
    """Read it and print."""
    history = read_history(file)
    found = about(history)
    header = ["task", "models", "best", "static tau_w"]
    if form == "json":
        print_json(found.to_dict())
        return
    rows = []
    for task in history.tasks:
        truth = history.on(task)
        best = max(truth, key=lambda model: truth[model])
        tau = f"{found.static[task]:.2f}" if task in found.static else "–"
        rows.append([task, str(len(truth)), best, tau])
    if form == "csv":
        print_csv(header, rows)
        return
    print_table(header, rows, form)
    print_lines(_said(found), form)


def _said(found: About) -> list[str]:
    cells = found.models * found.tasks
    lines = [
        f"{found.models} models x {found.tasks} tasks, {found.missing} of {cells} cells missing"
    ]
    if found.static_tau_w is None:
        lines.append("static order: none, with one task")
    else:
        tau = f"{found.static_tau_w:.2f}"
        lines.append(f"static order: mean tau_w {tau} of a model's accuracy on all other tasks")
    if found.twins:
        shown = ", ".join(f"{a} and {b}" for a, b in found.twins[:MOST_TWINS])
        more = len(found.twins) - MOST_TWINS
        lines.append(f"near twins: {shown}" + (f", and {more} pairs more" if more > 0 else ""))
    return lines
