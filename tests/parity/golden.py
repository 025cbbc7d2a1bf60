"""What torch gives, kept for machines without it: `python -m tests.parity.golden [FAMILY ...]`.

A file per family, golden/FAMILY.npz, has for each of its cases that is `golden`: the names and
shapes in the file and the configuration (CASE.described, JSON), and the outputs (CASE.features,
CASE.logits where there are some). Parameters follow from their names.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from . import table
from .case import Case, value

FOLDER = Path(__file__).parent / "golden"


def write(family: str) -> None:
    """Write a family's file; needs torch and the libraries."""
    from disco_jax.weights.checkpoint import read_checkpoint

    from .libraries import prepared, ran

    kept = {}
    for case in table.FAMILIES[family].CASES:
        if not case.golden:
            continue
        with tempfile.TemporaryDirectory() as folder:
            model, path = prepared(case, Path(folder))
            stored = read_checkpoint(path)
        shapes = {name: array.shape for name, array in stored.tensors.items()}
        described = json.dumps({"shapes": shapes, "config": stored.config})
        kept[f"{case.name}.described"] = np.frombuffer(described.encode(), np.uint8)
        features, logits = ran(case, model)
        kept |= {f"{case.name}.features": features}
        kept |= {} if logits is None else {f"{case.name}.logits": logits}
    np.savez_compressed(FOLDER / f"{family}.npz", **kept)


def restored(family: str, case: Case, folder: Path) -> tuple[Path, tuple]:
    """The case's checkpoint, written to a folder, and its outputs."""
    with np.load(FOLDER / f"{family}.npz") as kept:
        described = json.loads(kept[f"{case.name}.described"].tobytes())
        outputs = [kept.get(f"{case.name}.{field}") for field in ("features", "logits")]
    tensors = {name: value(name, tuple(shape)) for name, shape in described["shapes"].items()}
    save_file(tensors, folder / "model.safetensors")
    if described["config"]:
        (folder / "config.json").write_text(json.dumps(described["config"]))
    return folder, tuple(outputs)


if __name__ == "__main__":
    for name in sys.argv[1:] or table.FAMILIES:
        write(name)
