"""Parameters of every architecture, counted without making any, and the pixels of its pictures.

    python -m disco_jax.networks.counting       writes counts.csv

Running statistics are no parameters. A head is counted for 1000 classes, and apart.
"""

from pathlib import Path

from disco_jax.atomic import write_text
from disco_jax.backbones import architectures, described, parameters

COUNTS = Path(__file__).with_name("counts.csv")
HEADER = ("architecture", "parameters", "without_head", "pixels")


def counted(architecture: str) -> tuple[int, int, int]:
    """Parameters with and without a head, and pixels."""
    whole, how = described(architecture)
    bare, _ = described(architecture, None)
    return parameters(whole), parameters(bare), how.size


def write(path: Path = COUNTS) -> None:
    """Count all."""
    rows = [(name, *counted(name)) for name in architectures()]
    write_text(path, "".join(",".join(map(str, row)) + "\n" for row in (HEADER, *rows)))


if __name__ == "__main__":
    write()
