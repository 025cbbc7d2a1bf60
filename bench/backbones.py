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

from disco_jax.backbones.backbone import compiled
from disco_jax.backbones.loading import load_backbone
from tests.parity.case import Case, pictures
from tests.parity.libraries import prepared, ran, torch
from tests.parity.table import CASES

from .record import Row
from .timing import interleaved, ratio

BATCH = 8
TURNED = True
SHOWN = (
    "resnet18 resnet50 resnet152 cifar_resnet56 densenet121 densenet201 googlenet inception_v3 "
    "squeezenet1_1 mnasnet1_0 mobilenetv1_100 mobilenet_v2 mobilenet_edgetpu_100 efficientnet_b0 "
    "convnext_tiny vit_b_16 deit_tiny_patch16_224 deit_small_distilled_patch16_224 dino_vits16 "
    "moco_v3_small vit_small_patch14_dinov2 vit_base_patch14_dinov2 vit_base_patch32_clip_224 "
    "vit_base_patch16_siglip_224 swin_t pvt_tiny pvt_small pvt_medium pvt_v2_b2"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--networks", default=SHOWN, help="architectures of tests/parity, or all")
    parser.add_argument("--repeats", type=int, default=3, help="timed runs of each")


def run(arguments: argparse.Namespace) -> Iterator[Row]:
    jax.config.update("jax_enable_x64", True)
    cases = {case.architecture: case for case in CASES.values() if case.architecture}
    named = arguments.networks.split()
    for architecture in cases if named == ["all"] else named:
        yield {"shape": architecture, **_row(cases[architecture], arguments.repeats)}


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
    network = next(m for m in model.modules() if not isinstance(m, torch().nn.ModuleDict))
    ours = compiled(backbone, lambda outputs: (outputs.features, outputs.logits))

    def in_torch() -> None:
        with torch().inference_mode():
            network(theirs)

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
