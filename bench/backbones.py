"""Every backbone against its library's own: parameters, error, pictures per second.

Runs where torch is: `make parity`, then `.venv-parity/bin/python -m bench backbones`. The networks
are those that `tests/parity` names, with the same random weights.

error        largest difference of the features from torch's in float64, of the largest feature
features/s   pictures per second through the network in float32, batch of 8 at its own size, without
             decoding; ours and torch take turns, each with all threads
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from disco_jax.backbones import load_backbone
from disco_jax.backbones.backbone import compiled
from tests.parity.case import Case, pictures
from tests.parity.libraries import prepared, ran, torch
from tests.parity.table import CASES

from .record import Row
from .timing import interleaved, ratio

BATCH = 8
TURNED = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", default="", help="part of a name of tests/parity's table")
    parser.add_argument("--repeats", type=int, default=5, help="timed runs of each")


def run(arguments: argparse.Namespace) -> Iterator[Row]:
    jax.config.update("jax_enable_x64", True)
    measured = set()
    for name, case in CASES.items():
        if not case.architecture or case.architecture in measured or arguments.only not in name:
            continue
        measured.add(case.architecture)
        yield {"shape": case.architecture, **_row(case, arguments.repeats)}


def _row(case: Case, repeats: int) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        model, path = prepared(case, Path(folder))
        expected, _ = ran(case, model)
        errors = {}
        for dtype in ("float64", "float32"):
            backbone = load_backbone(path, case.architecture, dtype=dtype)
            found = backbone.module(jnp.asarray(pictures(case.size), dtype)).features
            errors[dtype] = float(np.max(np.abs(found - expected)) / np.max(np.abs(expected)))
    size = backbone.preprocessing.size
    images = np.random.default_rng(0).integers(0, 256, (BATCH, size, size, 3), np.uint8)
    theirs = torch().tensor(np.moveaxis(images, 3, 1).astype(np.float32) / 255)
    model = model.float()
    ours = compiled(backbone, lambda outputs: (outputs.features, outputs.logits))

    def in_torch() -> None:
        with torch().inference_mode():
            model(theirs)

    taken, _ = interleaved({"ours": lambda: ours(images), "torch": in_torch}, repeats=repeats)
    rate = {who: 1e3 * BATCH / taken[who]["median"] for who in taken}
    parameters = sum(each.numel() for each in model.parameters())
    errors = {f"error_{dtype}": error for dtype, error in errors.items()}
    compared = {**taken, "rate": rate, "torch_over_ours": ratio(taken["torch"], taken["ours"])}
    return {"parameters": parameters, "size": size, **errors, **compared}


LINES = {
    "parameters": ("parameters", lambda value: f"{value / 1e6:.1f} M"),
    "pixels": ("size", str),
    "error, float64": ("error_float64", lambda value: f"{value:.0e}"),
    "error, float32": ("error_float32", lambda value: f"{value:.0e}"),
    "features/s": ("rate", lambda value: f"{value['ours']:.3g}"),
    "torch": ("rate", lambda value: f"{value['torch']:.3g}"),
    "ours / torch": ("torch_over_ours", lambda value: f"{value:.2f}"),
}
