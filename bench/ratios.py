"""The ratios that matter, from the files in bench/results: `python -m bench ratios [--write]`.

A line is a quotient of two times of one row of one run, with the least and the most that their
spreads allow, and with the machine and the day. Every machine that has the row has its line.
`--write` puts the table into bench/README.md, between the two comments that name this command.
"""

import argparse
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from . import record
from .compare import is_spread, over
from .record import Row

README = Path(__file__).with_name("README.md")
BLOCK = re.compile(r"(<!-- python -m bench ratios -->\n\n).*?(\n<!-- end -->\n)", re.S)

SCORES = (
    *("knn", "interclass_distance", "concept_variance", "parc", "tmi", "pactran_gauss"),
    *("nleep", "pactran_dirichlet", "pactran_gamma", "otce"),
)
NETWORKS = (
    *("resnet50", "densenet121", "inception_v3", "mobilenet_v2", "efficientnet_b0"),
    *("convnext_tiny", "vit_b_16", "vit_small_patch14_dinov2", "vit_base_patch32_clip_224"),
    "swin_t",
)


class Ratio(NamedTuple):
    """A quotient of two times of a row, and what measures it."""

    label: str
    bench: str
    shape: str
    keys: tuple[str, str]
    measure: str


RATIOS = [
    *(
        Ratio(f"DISCO / Gram product, {shape}", "disco", shape, ("ours_ms", "gram_ms"), "disco")
        for shape in ("small", "medium", "flat", "large")
    ),
    *(
        Ratio(f"`jnp.linalg.svd` / full, {shape}", "disco", shape, ("svd_ms", "full_ms"), "disco")
        for shape in ("small", "medium", "flat", "large")
    ),
    *(
        Ratio(f"`{x}`, ours / peer", "metrics", x, ("ours", "baseline"), f"metrics --pairwise {x}")
        for x in SCORES
    ),
    *(
        Ratio(
            f"`{x}`, ours / torch", "backbones", x, ("ours", "torch"), f"backbones --networks {x}"
        )
        for x in NETWORKS
    ),
]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--write", action="store_true", help="put the table into bench/README.md")


def main(arguments: argparse.Namespace) -> int:
    text = block()
    if arguments.write:
        README.write_text(BLOCK.sub(lambda found: found[1] + text + found[2], README.read_text()))
    else:
        print(text, end="")
    return 0


def block() -> str:
    """The table, and what was not measured yet."""
    rows, missing = [], []
    for ratio in RATIOS:
        found = list(_measured(ratio))
        rows += found
        if not found:
            missing.append(f"- {ratio.label}: not measured, `python -m bench {ratio.measure}`")
    table = record.table(rows, LINES, turned=True).rstrip()
    return "\n".join([table, "", *missing]).rstrip() + "\n"


def _measured(ratio: Ratio) -> Iterator[Row]:
    for path in sorted(record.RESULTS.glob(f"*-{ratio.bench}.json")):
        file = json.loads(path.read_text())
        machine = f"{file['machine']['name']}, {file['machine']['cores']} cores"
        for row in file["rows"]:
            first, second = (row.get(key) for key in ratio.keys)
            if row["shape"] == ratio.shape and is_spread(first) and is_spread(second):
                middle, *range = over(first, second)
                where = {"machine": machine, "jax": row["jax"], "date": row["date"][:10]}
                single = 1 in (first["calls"], second["calls"])
                spread = "one run" if single else "{:.2f} to {:.2f}".format(*range)
                yield {"shape": ratio.label, "ratio": middle, "spread": spread, **where}


LINES: dict[str, tuple[str, Callable[[Any], str]]] = {
    "time / time": ("ratio", "{:.2f}".format),
    "spread": ("spread", str),
    "machine": ("machine", str),
    "jax": ("jax", str),
    "day": ("date", str),
}
