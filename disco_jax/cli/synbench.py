"""`disco-jax synbench`."""

from typing import Any

from disco_jax.extraction import opened
from disco_jax.hubs import find_hub, read_hub
from disco_jax.synbench import SCALES, Measured, measure

from .printing import print_csv, print_json, print_lines, print_table, warn
from .progress import bar

FEW = 2  # images for each column of the features


def run(*, hub: str, images: int, seed: int, threshold: float, offline: bool, form: str) -> None:
    """Measure every network, best first."""
    models = read_hub(find_hub(hub))
    found: dict[str, Measured] = {}
    with bar() as show:
        for place, model in enumerate(models):

            def progress(what: str, done: int, total: int, place: int = place) -> None:
                if show is not None:
                    show(what, place * total + done, len(models) * total)

            backbone = opened(model, offline=offline)
            found[model.name] = measure(
                backbone, images=images, seed=seed, threshold=threshold, progress=progress
            )
    names = sorted(found, key=lambda name: -found[name].scores[0.0])
    narrow = [name for name in names if images < FEW * found[name].width]
    warnings = [f"{name}: {images} images for {found[name].width} columns" for name in narrow]
    warn([f"{each}; give --images of some times as many" for each in warnings])
    epsilons = list(next(iter(found.values())).scores)
    header = ("model", *(f"epsilon {epsilon:g}" for epsilon in epsilons))
    if form == "json":
        how = {"images": images, "seed": seed, "threshold": threshold, "scales": list(SCALES)}
        details: dict[str, Any] = {name: _json(each) for name, each in found.items()}
        scores = {name: each.scores[0.0] for name, each in found.items()}
        whole = {"scores": scores, "ranking": names, "settings": how, "details": details}
        print_json({**whole, "warnings": warnings})
    elif form == "csv":
        print_csv(header, [[name, *found[name].scores.values()] for name in names])
    else:
        rows = [
            [name, *(f"{score:.4f}" for score in found[name].scores.values())] for name in names
        ]
        print_table(header, rows, form)
        print_lines(["relative to the images themselves; best first by epsilon 0"], form)


def _json(found: Measured) -> dict[str, Any]:
    return {
        "scores": {f"{epsilon:g}": score for epsilon, score in found.scores.items()},
        "accuracies": {f"{epsilon:g}": each for epsilon, each in found.accuracies.items()},
        "distances": {f"{epsilon:g}": each for epsilon, each in found.distances.items()},
    }
