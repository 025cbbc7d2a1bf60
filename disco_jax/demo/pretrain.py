"""Train the networks of the hub on their source tasks: `python -m disco_jax.demo.pretrain`.

Needs scikit-learn for the digits. Writes `nets/<name>.npz` and `hub.toml` and prints how well each
network does on the pictures it was trained on.
"""

from pathlib import Path
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from flax import nnx

from disco_jax.atomic import write_text
from disco_jax.backbones import compiled, load_backbone, write_graph
from disco_jax.data import Preprocessing, normalise, resize
from disco_jax.demo import FOLDER, HUB

from . import tasks
from .networks import Network, drawn
from .target import source
from .training import Recipe, cross_entropy, trainer

RECIPE = Recipe(steps=500, batch=64, rate=3e-3)


class Model(NamedTuple):
    """A network of the hub: its task, which is none for an untrained one, and its size."""

    name: str
    task: tasks.Task | None
    width: int
    blocks: int


HUB_MODELS = (
    Model("digits_large", tasks.digits, 16, 3),
    Model("digits_small", tasks.digits, 8, 1),
    Model("rotated", tasks.rotated, 16, 2),
    Model("occluded", tasks.occluded, 12, 2),
    Model("inverted", tasks.inverted, 12, 1),
    Model("parity", tasks.parity, 12, 2),
    Model("rotation", tasks.rotation, 16, 2),
    Model("pairs", tasks.pairs, 16, 1),
    Model("shuffled", tasks.shuffled, 12, 3),
    Model("untrained", None, 16, 1),
)


def pretrain(model: Model, seed: int) -> float | None:
    """Write the network of a model; the accuracy on its source pictures."""
    seen = source()
    x = np.stack([resize(seen.read(place), Preprocessing(8))[..., 0] for place in range(len(seen))])
    assert seen.labels is not None
    y = seen.labels
    if model.task is not None:
        x, y = model.task(x, y, np.random.default_rng(seed))
    images, labels = np.repeat(x[..., None], 3, 3), y.astype(np.int32)
    names = [f"class {each}" for each in range(int(labels.max()) + 1)]
    network = drawn(model.name, model.width, model.blocks, names, seed)
    question = model.task.__doc__ if model.task else "none: the weights are random"
    network.described["source_data"] = f"handwritten digits. {question}"
    path = FOLDER / "nets" / f"{model.name}.npz"
    write_graph(path, *network)
    if model.task is None:
        return None
    write_graph(path, *trained(network, path, images, labels, seed))
    logits = compiled(load_backbone(path), lambda outputs: outputs.logits)(images)
    return float(np.mean(np.asarray(jnp.argmax(logits, 1)) == labels))


def trained(
    network: Network, path: Path, images: np.ndarray, labels: np.ndarray, seed: int
) -> Network:
    """The network of a file after training."""
    backbone = load_backbone(path)
    definition, start = nnx.split(backbone.module)

    def loss(weights: Any, x: Any, y: Any) -> Any:
        module: Any = nnx.merge(definition, weights)
        return cross_entropy(module(normalise(x, backbone.preprocessing)).logits, y)

    module: Any = nnx.merge(definition, trainer(loss, RECIPE)(start, (images, labels), seed))
    weights = {
        name: (module.weights[place].kernel[...], module.weights[place].bias[...])
        for name, place in module.place
    }
    return network._replace(weights=weights)


def main() -> None:
    """Train all of them, and list them."""
    entries = []
    for seed, model in enumerate(HUB_MODELS):
        print(model.name, pretrain(model, seed), flush=True)  # noqa: T201
        entries.append(f'[[models]]\nname = "{model.name}"\nweights = "nets/{model.name}.npz"\n')
    write_text(HUB, "\n".join(entries))


if __name__ == "__main__":
    main()
