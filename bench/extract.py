"""Extraction: pictures per second and the time to the first batch, against the same in torch.

A row per network. Pictures are photographs as far as a decoder can tell: JPEG files of 500 x 375
with the spectrum of natural ones, in memory.

extract    `disco_jax.extraction.extract`: decoding, resizing, the network; its first batch compiles
decode     the first half alone, all threads
network    the second half alone, one batch of decoded pictures over and over
torch      the same network with the same weights on the same batch (`torch_networks`), in a process
           of its own that `--torch PYTHON` names; it takes turns with `network`

Networks are ResNet-50 and ViT-B/16, of random weights, those of timm where torch is there; and with
`--nets FOLDER` graph files of that folder, otherwise the largest network of the bundled hub.
"""

import argparse
import io
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

import jax
import numpy as np
from PIL import Image

from disco_jax.backbones.backbone import Backbone, compiled
from disco_jax.backbones.loading import load_backbone, untrained
from disco_jax.data.decoding import batches
from disco_jax.data.images import Images
from disco_jax.demo import HUB
from disco_jax.extraction.network import ACCELERATOR_BATCH, BATCH, extract

from .record import Row
from .timing import interleaved, ratio

WIDTH, HEIGHT, QUALITY = 500, 375, 90
NETWORK = "mobilenet_v1_1.0_224"
SCRIPT = Path(__file__).with_name("torch_networks.py")
TIMM = ("resnet50", "vit_base_patch16_224")  # of the same name here and there


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--nets", type=Path, help="folder of graph files")
    parser.add_argument("--networks", default=NETWORK, help="names in it, separated by commas")
    parser.add_argument("--pictures", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=5, help="timed runs of each")
    parser.add_argument("--torch", help="a Python that has torch")


def run(arguments: argparse.Namespace) -> Iterator[Row]:
    names = [str(HUB.parent / "nets" / "digits_large.npz")]
    if arguments.nets is not None:
        names = [str(arguments.nets / f"{name}.npz") for name in arguments.networks.split(",")]
    images = pictures(arguments.pictures)
    for name in [*names, *TIMM]:
        yield {"shape": Path(name).stem} | _measured(name, images, arguments)


def _measured(name: str, images: Images, arguments: argparse.Namespace) -> Row:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ask = None
        if arguments.torch is not None:
            source = f"timm:{name}" if name in TIMM else name
            ask = process([arguments.torch, str(SCRIPT), source, str(folder)], stack)
            ask()
        backbone = _backbone(name, folder)
        size = min(len(images), BATCH.get(jax.default_backend(), ACCELERATOR_BATCH))
        found = [extract(backbone, images, batch=size) for _ in range(arguments.repeats)]
        batch = next(batches(images, backbone.preprocessing, size))
        run = compiled(backbone, lambda outputs: outputs.features)
        row: Row = {
            "pixels": backbone.preprocessing.size,
            "batch": size,
            "pictures": len(images),
            "first_s": found[0].first,
            "extract_per_s": median(each.rate for each in found),
            "decode_per_s": median(
                _decoding(backbone, images, size) for _ in range(arguments.repeats)
            ),
        }
        calls: dict[str, Callable[[], Any]] = {"network": lambda: run(batch)}
        if ask is not None:
            np.save(folder / "batch.npy", batch)
            told = json.loads(ask())
            calls["torch"] = ask
            own, theirs = np.asarray(run(batch), np.float64), np.load(folder / "features.npy")
            row |= {
                "torch_first_s": told["first_s"],
                "torch_difference": float(np.abs(own - theirs).max() / np.abs(theirs).max()),
                "notes": [f"torch with {told['threads']} threads, {told['order']}"],
            }
        times, _ = interleaved(calls, repeats=5 * arguments.repeats)
    row |= {"network_per_s": 1e3 * size / times["network"]["median"], "network": times["network"]}
    if "torch" in times:
        row |= {
            "torch_per_s": 1e3 * size / times["torch"]["median"],
            "torch": times["torch"],
            "torch_over_network": ratio(times["torch"], times["network"]),
        }
    return row


def _backbone(name: str, folder: Path) -> Backbone:
    """A graph file, or a network of the weights that torch left, or of random ones."""
    if name not in TIMM:
        return load_backbone(name)
    weights = folder / "weights.safetensors"
    return load_backbone(weights, name) if weights.exists() else untrained(name)


def _decoding(backbone: Backbone, images: Images, size: int) -> float:
    """Pictures decoded and resized in a second."""
    start = time.perf_counter()
    for _ in batches(images, backbone.preprocessing, size):
        pass
    return len(images) / (time.perf_counter() - start)


def process(command: list[str], stack: ExitStack) -> Callable[[], str]:
    """A function that sends a line to a new process and waits for its answer."""
    process = stack.enter_context(
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    )
    asked, answers = process.stdin, process.stdout
    assert asked is not None and answers is not None
    stack.callback(asked.close)  # before the process is waited for

    def ask() -> str:
        asked.write("\n")
        asked.flush()
        if answer := answers.readline():
            return answer
        raise SystemExit(
            f"{command[0]} cannot run {command[1]}: are torch, timm and torchvision there?"
        )

    return ask


def pictures(count: int) -> Images:
    """JPEG files whose amplitudes fall with frequency as those of photographs do."""
    rng = np.random.default_rng(0)
    across, down = np.fft.fftfreq(WIDTH)[None], np.fft.fftfreq(HEIGHT)[:, None]
    falling = 1 / np.maximum(np.hypot(across, down), 1 / WIDTH)
    files = []
    for _ in range(count):
        noise = np.fft.fft2(rng.normal(size=(3, HEIGHT, WIDTH)))
        plane = np.fft.ifft2(noise * falling).real
        plane = 128 + 50 * plane / plane.std()
        file = io.BytesIO()
        pixels = np.clip(plane, 0, 255).astype(np.uint8).transpose(1, 2, 0)
        Image.fromarray(np.ascontiguousarray(pixels)).save(file, "JPEG", quality=QUALITY)
        files.append(file.getvalue())
    read = lambda place: Image.open(io.BytesIO(files[place]))  # noqa: E731
    return Images("photographs", "1", read, np.arange(count))


def _per_second(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


LINES: dict[str, tuple[str, Callable[[Any], str]]] = {
    "pixels": ("pixels", str),
    "batch": ("batch", str),
    "**extract**, pictures/s": ("extract_per_s", _per_second),
    "first batch, s": ("first_s", lambda value: f"{value:.2f}"),
    "decode alone, pictures/s": ("decode_per_s", _per_second),
    "network alone, pictures/s": ("network_per_s", _per_second),
    "torch, the same network, pictures/s": ("torch_per_s", _per_second),
    "torch / network, time": ("torch_over_network", lambda value: f"{value:.2f}"),
    "torch, first call, s": ("torch_first_s", lambda value: f"{value:.2f}"),
    "largest difference from torch": ("torch_difference", lambda value: f"{value:.0e}"),
}
