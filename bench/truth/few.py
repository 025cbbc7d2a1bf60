"""Scores of fewer pictures against the truth: `python -m bench.truth.few [--tune head]`.

A line per score: the mean tau_w over the sets when it sees all training pictures, a half and a
quarter of them, as `make --tune few` drew and scored them. The truth stays that of all pictures.
"""

import argparse
import json
from collections.abc import Iterator
from statistics import fmean

import numpy as np

from disco_jax.comparison import weighted_tau

from .evidence import HERE, Evidence, evidence
from .make import FEWER


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.truth.few", description=__doc__)
    parser.add_argument("--tune", default="all", choices=["all", "head"], help="whose accuracies")
    tune = parser.parse_args().tune
    parts = ["all", *(f"1/{part}" for part in FEWER)]
    print("| score |", " | ".join(parts), "|\n| --- |", " | ".join("---:" for _ in parts), "|")
    for name, taus in table(evidence("classification", tune)):
        print(f"| `{name}` |", " | ".join(f"{tau:.2f}" for tau in taus), "|")


def table(found: Evidence) -> Iterator[tuple[str, list[float]]]:
    """The mean tau_w of each score on all pictures, then on each part of them."""
    truth = {
        name: np.array([fmean(runs) for runs in of_network.values()])
        for name, of_network in found.runs.items()
    }
    drawn = {name: _drawn(name) for name in truth}
    for spec in next(iter(drawn.values()))[0]:
        taus = [found.compared.agreement[spec].mean["tau_w"] or 0.0]
        for place in range(len(FEWER)):
            of_sets = [
                _agreement(drawn[name][place][spec], list(found.runs[name]), truth[name])
                for name in truth
            ]
            taus.append(fmean(of_sets))
        yield spec, taus


def _drawn(name: str) -> list[dict[str, dict[str, list[float]]]]:
    """{score: {network: values}} of each part."""
    found = json.loads((HERE / "classification" / f"{name}.few.json").read_bytes())
    return list(found.values())


def _agreement(values: dict[str, list[float]], networks: list[str], truth: np.ndarray) -> float:
    """In the mean of the draws."""
    columns = np.array([values[network] for network in networks]).T
    return fmean(weighted_tau(column, truth) or 0.0 for column in columns)


if __name__ == "__main__":
    main()
