"""Fine-tune every network of the hub on the target: `python -m disco_jax.demo.finetune`.

Writes `accuracies.csv`: the mean over `SEEDS` of the accuracy on the test split after training all
weights on the training split by `RECIPE`; `params` counts the weights without the head.
"""

import csv
import io
from pathlib import Path

import numpy as np

from disco_jax.atomic import write_text
from disco_jax.backbones import load_backbone, read_graph
from disco_jax.data import Preprocessing, open_images, resize
from disco_jax.demo import ACCURACIES, HUB, TARGET
from disco_jax.hubs import HubModel, read_hub

from .training import Recipe, fine_tuned

RECIPE = Recipe(steps=200, batch=50, rate=1e-3)
SEEDS = range(5)


def pictures(split: str, how: Preprocessing) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, s, s, 3) and labels of the target."""
    images = open_images(str(TARGET), split)
    assert images.labels is not None
    return np.stack(
        [resize(images.read(place), how) for place in range(len(images))]
    ), images.labels


def params(model: HubModel) -> int:
    """Weights and biases, those of the head left out."""
    return read_graph(Path(model.weights)).parameters()[1]


def main() -> None:
    """Fine-tune all of them."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["model", "dataset", "accuracy", "params"])
    for model in read_hub(HUB):
        backbone = load_backbone(model.weights, model.architecture, name=model.name)
        train, test = (pictures(split, backbone.preprocessing) for split in ("train", "test"))
        classes = int(train[1].max()) + 1
        found = fine_tuned(backbone, train, test, num_classes=classes, recipe=RECIPE, seeds=SEEDS)
        print(model.name, *(f"{value:.4f}" for value in found), flush=True)  # noqa: T201
        rows.writerow([model.name, TARGET.stem, f"{np.mean(found):.4f}", params(model)])
    write_text(ACCURACIES, text.getvalue())


if __name__ == "__main__":
    main()
