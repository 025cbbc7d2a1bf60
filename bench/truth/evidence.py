"""What `make` wrote, as it is compared: scores, their resamples, and the runs of each network."""

import csv
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from disco_jax.comparison import Comparison, compare
from disco_jax.results import read_scores

HERE = Path(__file__).parent
WIDTH = "(width of the features)"  # a control that a table of accuracies does not have
Scores = dict[str, dict[str, dict[str, float]]]  # {spec: {set: {network: score}}}


class Evidence(NamedTuple):
    """Everything that one table is made of."""

    task: str
    scores: Scores
    resampled: dict[str, dict[str, np.ndarray]]  # spec -> set -> (networks, draws), in their order
    runs: dict[str, dict[str, list[float]]]  # set -> network -> accuracy of each seed
    tested: dict[str, int]  # set -> how many pictures an accuracy is of
    compared: Comparison


def evidence(task: str, tune: str) -> Evidence:
    """The evidence of a task, on all sets of which there are runs."""
    table = HERE / task / f"{tune}.csv"
    runs: dict[str, dict[str, list[float]]] = {}
    tested: dict[str, int] = {}
    with open(table, newline="") as file:
        for row in csv.DictReader(file):
            of_network = runs.setdefault(row["dataset"], {}).setdefault(row["model"], [])
            of_network.append(float(row["accuracy"]))
            tested[row["dataset"]] = int(row["test"])
    scores: Scores = {}
    resampled: dict[str, dict[str, np.ndarray]] = {}
    for name, of_network in runs.items():
        path = HERE / task / f"{name}.json"
        found, _ = read_scores(path, name)
        about = json.loads(path.read_bytes())["models"]
        found[WIDTH] = {name: {network: float(about[network]["width"]) for network in of_network}}
        for spec, of_set in found.items():
            if of_set[name].keys() >= of_network.keys():  # no network is without a score
                scores.setdefault(spec, {})[name] = {
                    each: of_set[name][each] for each in of_network
                }
        again = path.with_suffix(".resamples.json")
        for spec, drawn in json.loads(again.read_bytes()).items() if again.exists() else ():
            values = np.array([drawn[network] for network in of_network])
            resampled.setdefault(spec, {})[name] = values
    scores = {spec: of for spec, of in scores.items() if of.keys() == runs.keys()}
    return Evidence(task, scores, resampled, runs, tested, compare(scores, table))
