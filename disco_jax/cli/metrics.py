"""`disco-jax metrics`: a paragraph per metric for people, a row or an object for programs."""

from typing import Any

from rich.console import Console
from rich.table import Table

from disco_jax.metrics import DEFAULT, Metric, every_metric, moved_by, needs, options

from .printing import print_csv, print_json, print_table

HEADER = (
    "metric",
    "tasks",
    "needs",
    "options",
    "scale",
    "moved_by",
    "cost",
    "citation",
    "published",
    "relative_to_hub",
    "direction",
    "package",
)
SHOWN = {
    "citation": "from",
    "needs": "needs",
    "options": "options",
    "scale": "scale",
    "moved_by": "moved by",
    "cost": "cost",
    "published": "published",
    "package": "package",
}
LEGEND = {
    "in a spec": "disco,gbc:covariance=diagonal:pca=64; pca=m works for every metric",
    "by default": ",".join(DEFAULT),
    "needs": "spectrum and moments come from the features, all else from the file: labels for "
    "classes, targets for regression, both and boxes for detection",
    "scale": "how a factor on all features changes the score",
    "moved by": "changes of the data that move the score though nothing was learnt: every column "
    "twice, as many columns of noise, a turn into twice the columns, a factor, every sample twice",
    "cost": "n samples, d columns, k = min(n, d), C classes, z source classes; components of the "
    "spectrum and moments are computed once for all metrics",
    "published": "how the paper's own value maps to ours; higher is better everywhere, and in "
    "detection every score is relative to the hub",
}


def run(form: str) -> None:
    """Print the table of metrics."""
    rows = [_row(name, metric) for name, metric in every_metric().items()]
    if form == "json":
        print_json({"metrics": rows})
    elif form == "csv":
        print_csv(HEADER, _cells(rows))
    elif form == "markdown":
        print_table(HEADER, _cells(rows), form)
    else:
        console = Console(highlight=False, markup=False, emoji=False)
        for row in rows:
            relative = ", relative to the hub" if row["relative_to_hub"] else ""
            console.print(row["metric"], style="bold", end="")
            console.print(f"  {_text(row['tasks'])}{relative}")
            facts = {name: _shown(key, row[key]) for key, name in SHOWN.items()}
            console.print(_facts({name: text for name, text in facts.items() if text}))
            console.print()
        console.print("How to read this", style="bold")
        console.print(_facts(LEGEND))


def _row(name: str, metric: Metric) -> dict:
    kernels = metric.kernels.values()
    wanted = dict.fromkeys(factor for kernel in kernels for factor in needs(kernel))
    chosen = {key: value for kernel in kernels for key, value in options(kernel).items()}
    values = (
        name,
        list(metric.tasks),
        list(wanted),
        {"base": "logme", **chosen} if metric.is_view else chosen,
        metric.scale,
        moved_by(name),
        metric.cost,
        metric.citation,
        metric.published,
        metric.combine is not None,
        "higher is better",
        metric.origin,
    )
    return dict(zip(HEADER, values, strict=True))


def _cells(rows: list[dict]) -> list[list[str]]:
    return [[_shown(key, row[key], "; ") for key in HEADER] for row in rows]


def _shown(key: str, value: Any, between: str = "\n") -> str:
    return between.join(_moves(value)) if key == "moved_by" else _text(value)


def _moves(value: dict[str, dict[str, dict[str, str]]]) -> list[str]:
    """What moves a score, a line for each form that is moved by other things."""
    lines: dict[str, list[str]] = {}
    for spec, of_task in value.items():
        for task, moves in of_task.items():
            form = spec.partition(":")[2]
            said = ", ".join(f"{what} {where}" for what, where in moves.items()) or "nothing"
            lines.setdefault(said, []).append(f"{form} in {task}".strip())
    if len(lines) == 1:
        return list(lines)
    return [f"{' and '.join(forms)}: {said}" for said, forms in lines.items()]


def _text(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key}={_text(chosen)}" for key, chosen in value.items())
    if isinstance(value, list):
        return ", ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _facts(facts: dict[str, str]) -> Table:
    """Names and texts side by side, texts wrapped between words."""
    table = Table.grid(padding=(0, 2))
    table.add_column(min_width=12, no_wrap=True)
    table.add_column()
    for name, text in facts.items():
        table.add_row(f"  {name}", text)
    return table
