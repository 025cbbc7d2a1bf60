"""A network's spectrum while it is fine-tuned.

    python -m bench.truth.during NETS IMAGES NETWORK SET

After each epoch of the study's recipe for the whole network: the share of each group of components,
what the labels make of each (the posterior of the true class, free of scale and left out), and the
accuracy on the test pictures. Written to during.json, a row for each network and set.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import jax
import numpy as np

import disco_kernels as dk
from disco_jax.atomic import write_text
from disco_jax.backbones import padded
from disco_jax.data import open_images
from disco_jax.extraction import opened
from disco_jax.finetuning.goals import measure
from disco_jax.finetuning.parts import VALIDATION, drawn
from disco_jax.finetuning.planned import planned, prepare
from disco_jax.finetuning.training import order_of, rates_of
from disco_jax.hubs import HubModel

from .make import RECIPES

OUT = Path(__file__).with_name("during.json")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.truth.during", description=__doc__)
    parser.add_argument("networks", type=Path)
    parser.add_argument("images", type=Path)
    parser.add_argument("network")
    parser.add_argument("set")
    parser.add_argument("--rate", type=float, default=RECIPES["all"].rates[0])
    given = parser.parse_args()
    epochs = during(given.networks / f"{given.network}.npz", given.images, given.set, given.rate)
    kept = json.loads(OUT.read_text()) if OUT.exists() else {}
    kept[f"{given.network} on {given.set}"] = {"rate": given.rate, "epochs": epochs}
    write_text(OUT, json.dumps(kept, indent=1) + "\n")


def during(network: Path, folder: Path, name: str, rate: float) -> list[dict[str, Any]]:
    """What is seen before the first epoch and after each."""
    how = RECIPES["all"]
    plan = planned(
        opened(HubModel(network.stem, str(network))),
        open_images(str(folder / f"{name}.npz"), "all"),
        "classification",
        how,
    )
    ready = prepare(plan)
    labels = plan.parts.train.answers.astype(np.int32)
    rows = np.flatnonzero(~drawn(labels, VALIDATION, seed=0))
    trained = jax.jit(plan.cut.trained)

    def features(weights: Any) -> np.ndarray:
        starts = range(0, len(ready.train), how.batch)
        parts = [ready.train[start : start + how.batch] for start in starts]
        return np.concatenate(
            [np.asarray(trained(weights, padded(x, how.batch)))[: len(x)] for x in parts]
        )

    def seen(state: Any) -> dict[str, Any]:
        found = dk.disco(
            features(state.weights[0]),
            labels,
            num_classes=int(labels.max()) + 1,
            covariance="shared",
            leave_one_out=True,
        )
        answers = ready.trainer.outputs(state, ready.shift, ready.test)
        return {
            "shares": np.asarray(found.proportions).astype(float).tolist(),
            "transferability": np.asarray(found.transferability).astype(float).tolist(),
            "accuracy": measure(plan.parts.goal, answers, plan.parts.test.answers),
        }

    state = ready.trainer.start(ready.features)
    epochs = [seen(state)]
    for epoch in range(how.epochs):
        order = rows[order_of(len(rows), 0, epoch)]
        rates = rates_of(rate, epoch, how.epochs, -(-len(rows) // how.batch))
        state = ready.trainer.epoch(state, ready.shift, ready.train, ready.wanted, order, rates)
        epochs.append(seen(state))
    return epochs


if __name__ == "__main__":
    main()
