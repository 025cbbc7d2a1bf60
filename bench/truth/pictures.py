"""The pictures of the study: `python -m bench.truth.pictures FOLDER`.

score-and-accuracy.svg   scores against the accuracy after fine-tuning, a panel for each set
during-fine-tuning.svg   spectra, and what the labels make of them, while networks are tuned
"""

import argparse
import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from .during import OUT
from .evidence import evidence

SCORES = "disco", "disco:mode=tuned", "ridge_loo", "knn"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.truth.pictures", description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    plt.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "disco", "font.size": 9}
    against_accuracy(folder / "score-and-accuracy.svg")
    during(folder / "during-fine-tuning.svg")


def against_accuracy(path: Path) -> None:
    """A row of panels for each score, a column for each set."""
    found = evidence("classification", "all")
    size = 2.1 * len(found.runs), 2.0 * len(SCORES)
    figure, axes = plt.subplots(len(SCORES), len(found.runs), figsize=size, layout="constrained")
    for row, spec in zip(axes, SCORES, strict=True):
        for panel, (name, runs) in zip(row, found.runs.items(), strict=True):
            accuracy = [100 * np.mean(runs[network]) for network in runs]
            scores = [found.scores[spec][name][network] for network in runs]
            panel.scatter(scores, accuracy, s=14, color="#2563a8", alpha=0.75, linewidths=0)
            tau = found.compared.agreement[spec].datasets[name]["tau_w"]
            panel.set_title(f"{name}   τ_w {tau:.2f}", fontsize=9)
            panel.set_xlabel(spec)
            panel.spines[["top", "right"]].set_visible(False)
        row[0].set_ylabel("accuracy, %")
    figure.savefig(path, metadata={"Date": None})


def during(path: Path) -> None:
    """Before the first epoch in grey, then from light to dark."""
    runs = json.loads(OUT.read_text())
    size = 3.4 * len(runs), 5.0
    figure, axes = plt.subplots(2, len(runs), figsize=size, layout="constrained", squeeze=False)
    for (shares, labels), (name, run) in zip(axes.T, runs.items(), strict=True):
        for epoch, seen in enumerate(run["epochs"]):
            share = epoch / max(len(run["epochs"]) - 1, 1)
            colour = plt.get_cmap("Blues")(0.3 + 0.7 * share) if epoch else "#888888"
            groups = np.arange(1, len(seen["shares"]) + 1)
            shares.plot(groups, seen["shares"], color=colour, marker="o", markersize=3)
            labels.plot(groups, seen["transferability"], color=colour, marker="o", markersize=3)
        first, last = (run["epochs"][place]["accuracy"] for place in (1, -1))
        shares.set_title(f"{name}\naccuracy {100 * first:.0f} % to {100 * last:.0f} %", fontsize=9)
        labels.set_xlabel("group of components")
        for panel in (shares, labels):
            panel.spines[["top", "right"]].set_visible(False)
    axes[0, 0].set_ylabel("share of the singular values")
    axes[1, 0].set_ylabel("posterior of the true class")
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
