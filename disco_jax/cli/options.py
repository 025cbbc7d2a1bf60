"""What several commands take, and how a table is printed."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """How a table is printed."""

    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"


Printed = Annotated[Format, typer.Option("--format", help="How to print the result.")]
Grouped = Annotated[
    bool, typer.Option("--group-layers", help="A model (model@layer) by its best layer.")
]
Features = Annotated[
    Path,
    typer.Argument(metavar="FEATURES", help="Folder with a features file per model, or one."),
]
Probe = Annotated[str, typer.Option(help="What predicts left-out samples: ridge or knn.")]
PICTURES = (
    "PACK.npz, folder of classes, VOC folder, COCO.json, CSV, Parquet, .tar shards, hf:FOLDER, "
    "tfds:NAME, sk_digits."
)
HUBS = "supervised, self_supervised, vit"
HUB = f"hub.toml, which lists the models, or one of {HUBS}."
Hub = Annotated[str, typer.Option(help=HUB)]
Data = Annotated[str, typer.Option(help=PICTURES)]
Metrics = Annotated[
    str | None, typer.Option(help="Metrics with options, or all: disco,gbc:pca=64.")
]
Task = Annotated[str | None, typer.Option(help="classification, regression or detection.")]
Split = Annotated[str, typer.Option(help="Which part of data that have parts; all for all.")]
Batch = Annotated[int | None, typer.Option(min=1, help="Pictures at once.")]
Bfloat16 = Annotated[bool, typer.Option("--bfloat16", help="Run the networks in bfloat16.")]
Bootstrap = Annotated[
    int, typer.Option(min=0, help="Resamples for intervals and ties; 100 is enough.")
]
Seed = Annotated[int, typer.Option(min=0, help="Which resamples are drawn.")]
Memory = Annotated[
    float | None, typer.Option(help="Gigabytes to use; half of the machine's by default.")
]
Labels = Annotated[
    Path | None, typer.Option(help="Labels in place of those of the data: .npy, .txt or .csv.")
]
Record = Annotated[
    Path | None,
    typer.Option(help="Past accuracies of models, to join with the scores: CSV, Parquet, JSON."),
]
KeepGoing = Annotated[
    bool, typer.Option("--keep-going", help="Go on with the others where a model fails.")
]
Race = Annotated[
    bool, typer.Option("--race", help="Go on past a few samples with the better models only.")
]
Budget = Annotated[
    str | None, typer.Option(help="When a race ends with what it knows: 90s, 10m, 1.5h.")
]
Offline = Annotated[bool, typer.Option("--offline", help="Fetch no weights; take those at hand.")]
