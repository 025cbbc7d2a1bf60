"""Parameters of every architecture, counted without making any, and the pixels of its pictures.

    python -m disco_jax.networks.counting       writes counts.csv

Running statistics are no parameters. A head is counted for 1000 classes, and apart.
"""

import math
from pathlib import Path

import jax
from flax import nnx

from disco_jax.atomic import write_text
from disco_jax.backbones import architectures, described

COUNTS = Path(__file__).with_name("counts.csv")
HEADER = ("architecture", "parameters", "without_head", "pixels")


def counted(architecture: str) -> tuple[int, int, int]:
    """Parameters with and without a head, and pixels."""
    whole, how = described(architecture)
    bare, _ = described(architecture, None)
    return _parameters(whole), _parameters(bare), how.size


def _parameters(module: nnx.Module) -> int:
    return sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(nnx.state(module, nnx.Param)))


def write(path: Path = COUNTS) -> None:
    """Count all."""
    rows = [(name, *counted(name)) for name in architectures()]
    write_text(path, "".join(",".join(map(str, row)) + "\n" for row in (HEADER, *rows)))


if __name__ == "__main__":
    write()
