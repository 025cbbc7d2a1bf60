"""The commands and their options; what they do is in a module each, imported when called.

So `--help` loads neither jax nor NumPy.
"""

import os
import sys
import warnings
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from .choosing import complement, ensemble, teachers
from .neighbours import merge, synbench
from .options import (
    HUB,
    PICTURES,
    Batch,
    Bfloat16,
    Bootstrap,
    Budget,
    Data,
    Features,
    Format,
    Grouped,
    Hub,
    KeepGoing,
    Labels,
    Memory,
    Metrics,
    Offline,
    Printed,
    Race,
    Record,
    Seed,
    Split,
    Task,
)
from .sweep_commands import sweep_commands

app = typer.Typer(
    name="disco-jax",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(sweep_commands)


def _version(asked: bool) -> None:
    if asked:
        from disco_jax import __version__

        print(f"disco-jax {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print it and exit."),
    ] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Keep no compiled programs for the next run.")
    ] = False,
) -> None:
    """Rank a hub of pre-trained models for your data, without fine-tuning."""
    if not no_cache:
        from .programs import keep_programs

        keep_programs()


@app.command()
def rank(
    hub: Annotated[str | None, typer.Option(help=HUB)] = None,
    data: Annotated[str | None, typer.Option(help=PICTURES)] = None,
    metrics: Metrics = None,
    task: Task = None,
    labels: Labels = None,
    split: Split = "train",
    out: Annotated[
        Path | None, typer.Option(help="Folder for features and scores; a run goes on from there.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="The page to write.")] = None,
    accuracies: Annotated[
        Path | None, typer.Option(help="CSV of true accuracies, to show beside the scores.")
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="Which dataset of the accuracies the data are.")
    ] = None,
    race: Race = False,
    budget: Budget = None,
    batch: Batch = None,
    bfloat16: Bfloat16 = False,
    offline: Offline = False,
    bootstrap: Annotated[
        int | None,
        typer.Option(min=0, help="Resamples for intervals and ties; by default 100 on small data."),
    ] = None,
    seed: Seed = 0,
    memory: Memory = None,
    keep_going: KeepGoing = False,
    history: Record = None,
    recall: Annotated[
        int | None, typer.Option(min=1, help="Run only the models with the best records.")
    ] = None,
    form: Printed = Format.table,
) -> None:
    """Rank the models of a hub for data: extract, score and report.

    Without --hub and --data: ten bundled networks on bundled data, beside their true accuracies.
    """
    from .rank import run

    run(
        hub=hub,
        data=data,
        metrics=metrics,
        task=task,
        labels=labels,
        split=split,
        out=out,
        report=report,
        accuracies=accuracies,
        dataset=dataset,
        batch=batch,
        dtype=_dtype(bfloat16),
        offline=offline,
        bootstrap=bootstrap,
        seed=seed,
        memory=memory,
        keep_going=keep_going,
        history=history,
        recall=recall,
        race=race,
        budget=budget,
        form=form.value,
    )


@app.command()
def extract(
    hub: Hub,
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for a features file per model.")],
    task: Task = None,
    split: Split = "train",
    batch: Batch = None,
    bfloat16: Bfloat16 = False,
    offline: Offline = False,
    moments_only: Annotated[
        bool, typer.Option("--moments-only", help="Keep moments: d x d numbers for any samples.")
    ] = False,
    form: Printed = Format.table,
) -> None:
    """Compute the features of data by every model of a hub; what is there already stays."""
    from .extract import run

    run(
        hub=hub,
        data=data,
        out=out,
        task=task,
        split=split,
        batch=batch,
        dtype=_dtype(bfloat16),
        offline=offline,
        moments_only=moments_only,
        form=form.value,
    )


@app.command()
def score(
    features: Features,
    metrics: Metrics = None,
    task: Task = None,
    labels: Labels = None,
    bootstrap: Bootstrap = 0,
    seed: Seed = 0,
    memory: Memory = None,
    keep_going: KeepGoing = False,
    history: Record = None,
    race: Race = False,
    budget: Budget = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the JSON there too; an interrupted run resumes.")
    ] = None,
    group_layers: Grouped = False,
    pool: Annotated[
        str | None, typer.Option(help="Of tokens (n, t, d) make (n, d): mean, cls or max.")
    ] = None,
    form: Printed = Format.table,
) -> None:
    """Score every model of a folder of features; higher is better."""
    from .score import run

    run(
        features=features,
        metrics=metrics,
        task=task,
        labels=labels,
        bootstrap=bootstrap,
        seed=seed,
        memory=memory,
        keep_going=keep_going,
        history=history,
        race=race,
        budget=budget,
        out=out,
        group_layers=group_layers,
        pool=pool,
        form=form.value,
    )


for choosing in (ensemble, complement, teachers):
    app.command()(choosing)


@app.command()
def finetune(
    hub: Hub,
    data: Annotated[list[str], typer.Option(help=f"{PICTURES} More than once for several.")],
    out: Annotated[
        Path, typer.Option(help="CSV of a row per run; what is in it already is not done again.")
    ],
    task: Task = None,
    tune: Annotated[str, typer.Option(help="all, block (the last one) or head.")] = "all",
    seeds: Annotated[int, typer.Option(min=1, help="How many runs of each.")] = 1,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="By default 10 for all, 20 for block, 100 for head.")
    ] = None,
    batch: Annotated[int, typer.Option(min=1, help="Pictures in a step.")] = 32,
    rates: Annotated[
        str | None, typer.Option(help="Learning rates to try with the first seed: 3e-4,1e-3.")
    ] = None,
    pixels: Annotated[
        int | None, typer.Option(min=1, help="Side of the pictures at most, for speed.")
    ] = None,
    samples: Annotated[
        int | None, typer.Option(min=1, help="About so many pictures to train at most.")
    ] = None,
    select: Annotated[
        bool,
        typer.Option("--select", help="Drop the worse half again and again; finish the best only."),
    ] = False,
    history: Annotated[
        Path | None,
        typer.Option(help="Past accuracies, with learning curves where finetune wrote them."),
    ] = None,
    recall: Annotated[
        int | None, typer.Option(min=1, help="Only the models with the best records.")
    ] = None,
    offline: Offline = False,
    form: Printed = Format.table,
) -> None:
    """Fine-tune the models of a hub, for the accuracies that scores should predict."""
    from .finetune import run

    run(
        hub=hub,
        data=data,
        out=out,
        task=task,
        tune=tune,
        seeds=seeds,
        epochs=epochs,
        batch=batch,
        rates=rates,
        pixels=pixels,
        samples=samples,
        select=select,
        history=history,
        recall=recall,
        offline=offline,
        form=form.value,
    )


@app.command()
def compare(
    files: Annotated[
        list[Path], typer.Argument(metavar="SCORES... ACCURACIES", help="JSON or CSV, then CSV.")
    ],
    dataset: Annotated[
        str | None, typer.Option(help="Which dataset of the accuracies the scores are of.")
    ] = None,
    group_layers: Grouped = False,
    form: Printed = Format.table,
) -> None:
    """Compare scores with true accuracies, beside the controls."""
    from .compare import run

    run(files=files, dataset=dataset, group_layers=group_layers, form=form.value)


@app.command()
def report(
    scores: Annotated[Path, typer.Argument(metavar="SCORES", help="JSON of disco-jax score.")],
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("report.html"),
    accuracies: Annotated[
        Path | None, typer.Option(help="CSV of true accuracies, to compare with.")
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="Which dataset of the accuracies the scores are of.")
    ] = None,
    history: Record = None,
    group_layers: Grouped = False,
) -> None:
    """Write the ranking and what is behind it as one self-contained page."""
    from .report import run

    run(
        scores=scores,
        out=out,
        accuracies=accuracies,
        dataset=dataset,
        history=history,
        group_layers=group_layers,
    )


@app.command()
def history(
    file: Annotated[
        Path, typer.Argument(metavar="HISTORY", help="Past accuracies: CSV, Parquet or JSON.")
    ],
    form: Printed = Format.table,
) -> None:
    """Say what a table of past accuracies is like: its holes, its static order, near twins."""
    from .history import run

    run(file, form.value)


@app.command()
def recommend(
    history: Annotated[Path, typer.Option(help="Past accuracies: CSV, Parquet or JSON.")],
    task: Annotated[
        str | None,
        typer.Option(help="A task of the history, as if it were new; by default one that is."),
    ] = None,
    method: Annotated[
        str,
        typer.Option(
            help="static, factors, fennec, nearest-tasks, two-phase; several to evaluate."
        ),
    ] = "static",
    features: Annotated[
        Path | None,
        typer.Option(help="Features on the new task of the models that two-phase looks at."),
    ] = None,
    proxy: Annotated[
        Path | None,
        typer.Option(help="One network's features of each task, for fennec and nearest-tasks."),
    ] = None,
    hub: Annotated[
        str | None, typer.Option(help="The networks of the models, for fennec: hub.toml or a name.")
    ] = None,
    evaluate: Annotated[
        bool, typer.Option("--evaluate", help="Leave out each past task, and compare the methods.")
    ] = False,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Say what drove each: record, twins, looks."),
    ] = False,
    form: Printed = Format.table,
) -> None:
    """Say which models to try first on a new task, from how models did on past ones."""
    from . import recommend as command

    methods = [name.strip() for name in method.split(",")]
    if evaluate:
        command.evaluate(history, methods, proxy, hub, form.value)
    else:
        command.run(
            history,
            task=task,
            methods=methods,
            features=features,
            proxy=proxy,
            hub=hub,
            explain=explain,
            form=form.value,
        )


@app.command()
def metrics(form: Printed = Format.table) -> None:
    """List the metrics: what each needs, scores and costs, and where it is from."""
    from .metrics import run

    run(form.value)


@app.command()
def networks(
    search: Annotated[str, typer.Option(help="Words that must occur: resnet imagenet.")] = "",
    max_parameters: Annotated[
        str | None, typer.Option(help="Leave out larger ones: 500k, 30M, 1B.")
    ] = None,
    toml: Annotated[
        bool, typer.Option("--toml", help="Print a hub.toml of those with public weights.")
    ] = False,
    form: Printed = Format.table,
) -> None:
    """List the networks that are known: architectures, and public weights of them."""
    from .networks import run

    run(search=search, most=max_parameters, toml=toml, form=form.value)


for command in (merge, synbench):
    app.command()(command)


def _dtype(bfloat16: bool) -> str:
    return "bfloat16" if bfloat16 else "float32"


def main() -> NoReturn:
    """Run the command line and exit."""
    warnings.showwarning = _show_warning
    try:
        code = _program()(sys.argv[1:] or ["--help"], standalone_mode=False) or 0
    except typer.TyperException as why:
        code = _fail(why.format_message())
    except (ValueError, OSError) as why:
        if os.environ.get("DISCO_TRACEBACK"):
            raise
        code = _fail(str(why))
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    except Exception as why:
        if os.environ.get("DISCO_TRACEBACK"):
            raise
        told = f"{type(why).__name__}: {why}"
        _fail(f"internal error, {told}; set DISCO_TRACEBACK=1 and report what it prints")
        code = 1
    sys.exit(code)


def _program() -> Any:
    """The commands; --install-completion and --show-completion are there and not in the help."""
    program = typer.main.get_command(app)
    for option in program.params:
        if str(option.name).endswith("_completion"):
            option.hidden = True  # type: ignore[attr-defined]  # an option
    return program


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    print("warning:", " ".join(str(message).split()), file=sys.stderr)


def _fail(message: str) -> int:
    print("disco-jax:", " ".join(message.split()), file=sys.stderr)
    return 2
