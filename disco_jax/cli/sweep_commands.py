"""The commands of plans, from a hub on many data sets to their table, and their options.

What they do is in `sweep`, imported when called.
"""

from pathlib import Path
from typing import Annotated

import typer

from .options import PICTURES, Bfloat16, Format, Hub, Metrics, Offline, Printed, Split, Task

sweep_commands = typer.Typer()
PLAN = Annotated[Path, typer.Argument(metavar="PLAN", help="Folder of disco-jax plan.")]


@sweep_commands.command()
def plan(
    hub: Hub,
    data: Annotated[list[str], typer.Option(help=f"{PICTURES} More than once for several.")],
    out: Annotated[Path, typer.Option(help="Folder for the plan and its results.")],
    metrics: Metrics = None,
    task: Task = None,
    split: Split = "train",
    bfloat16: Bfloat16 = False,
) -> None:
    """Plan every model of a hub on many data sets, for many machines; prints how many cells."""
    from .sweep import plan

    given = {
        "metrics": metrics,
        "task": task,
        "split": split,
        "dtype": "bfloat16" if bfloat16 else "float32",
    }
    plan(hub, data, out, given)


@sweep_commands.command()
def work(
    plan: PLAN,
    on: Annotated[
        str, typer.Option("--on", help="What runs the workers: local, slurm or ray.")
    ] = "local",
    workers: Annotated[int, typer.Option(min=1, help="How many of them.")] = 1,
    shard: Annotated[
        str | None,
        typer.Option(help="Part I of N, as 0/4; by itself in SLURM arrays and indexed jobs."),
    ] = None,
    address: Annotated[
        str | None, typer.Option(help="Of Ray's cluster; one of this machine's own without it.")
    ] = None,
    offline: Offline = False,
) -> int:
    """Compute what is missing of a plan; 0 where nothing is left to try, 1 where something is."""
    from .sweep import work

    return work(plan, on=on, workers=workers, shard=shard, address=address, offline=offline)


@sweep_commands.command()
def status(
    plan: PLAN,
    watch: Annotated[bool, typer.Option("--watch", help="Go on until nothing is left.")] = False,
    form: Printed = Format.table,
) -> None:
    """Say how far a plan is; at any time, from any machine."""
    from .sweep import status

    status(plan, watch=watch, form=form.value)


@sweep_commands.command()
def collect(
    plan: PLAN,
    out: Annotated[Path, typer.Option(help="The table to write: .csv, .json or .parquet.")],
) -> None:
    """Write the results of a plan as one table, a row per model, data set, layer and metric."""
    from .sweep import collect

    collect(plan, out)
