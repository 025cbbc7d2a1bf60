"""Two networks fine-tuned from one, to be merged: `python -m disco_jax.demo.branches FOLDER`.

Both start from `digits_small` and see the labelled pictures of the target, `low.npz` those of the
digits 0 to 4, `high.npz` those of 5 to 9; neither saw the other five with noise. The heads answer
all ten digits. Prints the accuracy on the test pictures of `digits_small` and of every network that
is in the folder.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from flax import nnx

from disco_jax.backbones import Backbone, compiled, load_backbone, write_graph
from disco_jax.data import Preprocessing, normalise, open_images, resize
from disco_jax.demo import FOLDER, TARGET

from .training import Recipe, cross_entropy, trainer

START = FOLDER / "nets" / "digits_small.npz"
RECIPE = Recipe(steps=100, batch=25, rate=1e-3)
BRANCHES = {"low": range(5), "high": range(5, 10)}


def branch(folder: Path, name: str) -> Path:
    """Fine-tune one of them and write it."""
    backbone = load_backbone(START)
    x, y = pictures("train", backbone.preprocessing)
    seen = np.isin(y, BRANCHES[name])
    definition, start = nnx.split(backbone.module)

    def loss(weights: Any, x: Any, y: Any) -> Any:
        module: Any = nnx.merge(definition, weights)
        return cross_entropy(module(normalise(x, backbone.preprocessing)).logits, y)

    tuned: Any = nnx.merge(definition, trainer(loss, RECIPE)(start, (x[seen], y[seen]), seed=0))
    weights = {
        key: (tuned.weights[place].kernel[...], tuned.weights[place].bias[...])
        for key, place in tuned.place
    }
    with np.load(START, allow_pickle=False) as archive:
        described = json.loads(archive["graph"].tobytes())
    path = folder / f"{name}.npz"
    write_graph(path, {**described, "name": name, "origin": "disco_jax.demo.branches"}, weights)
    return path


def pictures(split: str, how: Preprocessing) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 (n, s, s, 3) and labels (n,) of the target."""
    images = open_images(str(TARGET), split)
    assert images.labels is not None
    labels = images.labels.astype(np.int32)
    return np.stack([resize(images.read(i), how) for i in range(len(images))]), labels


def accuracy(backbone: Backbone) -> float:
    """Of the network's own head on the test pictures."""
    x, y = pictures("test", backbone.preprocessing)
    logits = compiled(backbone, lambda outputs: outputs.logits)(x)
    return float(np.mean(np.asarray(logits).argmax(1) == y))


def main() -> None:
    """Write both to the folder that is named."""
    folder = Path(sys.argv[1])
    for name in BRANCHES:
        branch(folder, name)
    for path in (START, *sorted(folder.glob("*.npz"))):
        print(path.stem, f"{accuracy(load_backbone(path)):.4f}")  # noqa: T201


if __name__ == "__main__":
    main()
