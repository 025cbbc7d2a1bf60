"""What a race saves and costs: `python -m bench.truth.race NETS IMAGES`.

All networks see up to 2,000 training pictures of each pack, so that the full run is known as well;
the race then runs on these features. A line per set: forward passes, the models that it and the
full run would choose, and what each loses in accuracy, by the study's fine-tuning of the whole
network. Kept in race.json.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from disco_jax import FeatureSet, open_images, score
from disco_jax.atomic import write_text
from disco_jax.history import read_history
from disco_jax.hubs import HubModel
from disco_jax.scoring import race

from .make import HERE, features

MOST = 2000
METRIC = "disco:mode=tuned"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.truth.race", description=__doc__)
    parser.add_argument("networks", type=Path)
    parser.add_argument("images", type=Path)
    parser.add_argument("--out", type=Path, default=HERE / "race.json")
    arguments = parser.parse_args()
    truth = read_history(HERE / "classification" / "all.csv")
    kept = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    for name in truth.tasks:
        if name not in kept:
            kept[name] = measured(name, truth.on(name), arguments)
            write_text(arguments.out, json.dumps(kept, indent=1) + "\n")
        print(name, json.dumps({k: v for k, v in kept[name].items() if k != "rounds"}), flush=True)


def measured(name: str, accuracies: dict[str, float], given: argparse.Namespace) -> dict:
    images = open_images(str(given.images / f"{name}.npz"), "train")
    some = np.random.default_rng(0).permutation(len(images))[:MOST]
    images = replace(images.take(np.sort(some)), targets=None)
    paths = sorted(given.networks.glob("*.npz"))
    hub = features([HubModel(path.stem, str(path)) for path in paths], images)
    whole = score(hub, metrics=METRIC).ranking()[0]
    labels = np.asarray(images.labels)

    def of(names, places, seen):
        return {
            m: FeatureSet(np.asarray(hub[m].features)[places], labels=labels[places]) for m in names
        }

    found = race(list(hub), of, labels, "classification", METRIC)
    chosen, best = found.rounds[-1].leader, max(accuracies.values())
    return {
        **found.to_dict(),
        "pictures": len(images),
        "chosen": chosen,
        "chosen_by_all": whole,
        "regret": best - accuracies[chosen],
        "regret_of_all": best - accuracies[whole],
    }


if __name__ == "__main__":
    main()
