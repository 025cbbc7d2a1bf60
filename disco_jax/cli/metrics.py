"""`disco-jax metrics`."""

import json

from disco_jax.metrics import METRICS, Metric, needs, options

from .printing import print_csv, print_table

HEADER = ("metric", "tasks", "needs", "options", "scale", "cost", "published value", "citation")


def run(form: str) -> None:
    """Print the table of metrics."""
    rows = [_row(name, metric) for name, metric in METRICS.items()]
    if form == "json":
        table = [dict(zip(HEADER, row, strict=True)) for row in rows]
        print(json.dumps({"metrics": table}, indent=1, ensure_ascii=False))
    elif form == "csv":
        print_csv(HEADER, rows)
    else:
        shown = 0, 1, 2, 5, 7
        print_table([HEADER[i] for i in shown], [[row[i] for i in shown] for row in rows])


def _row(name: str, metric: Metric) -> list[str]:
    kernels = metric.kernels.values()
    wanted = dict.fromkeys(factor for kernel in kernels for factor in needs(kernel))
    chosen = {key: value for kernel in kernels for key, value in options(kernel).items()}
    return [
        name,
        ", ".join(metric.tasks),
        ", ".join(wanted),
        " ".join(f"{key}={_typed(value)}" for key, value in chosen.items()),
        metric.scale,
        metric.cost,
        metric.published + (", relative to the hub" if metric.combine else ""),
        metric.citation,
    ]


def _typed(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
